import AtelierMemo
import AtelierStages
import Testing

@testable import AtelierCommand

@Suite("Options of the configuration")
struct ConfigurationOptionsTests {
    /// A page of the documentation.
    private func page(_ name: String) throws -> String {
        let parts = #filePath.split(separator: "/"), place = try #require(parts.firstIndex(of: "Tests"))
        let page = "/" + parts[..<place].joined(separator: "/") + "/docs/\(name)"
        return String(decoding: try Console().read(page, limit: 1 << 20).withUnsafeBytes(Array.init), as: UTF8.self)
    }

    /// The rows of a table below a heading.
    private func rows(_ text: String, below heading: String) -> [String] {
        let table = text.split(separator: "\n").map(String.init).drop { $0 != heading }
        return Array(table.dropFirst(2).prefix { $0.hasPrefix("|") })
    }

    private func row<Root>(_ option: Option<Root>, of root: Root) -> String {
        let value = option.text(of: option.read(root)) ?? "none"
        return "| `\(option.name)` | \(value) | \(option.help)\(option.choices.map { " (\($0))" } ?? "") |"
    }

    @Test("The tables in docs/operating.md list every setting of serve and of batches with its default and what it does, and nothing else")
    func sections() throws {
        let text = try page("operating.md"), serve = ServeCommand.ownOptions.map { row($0, of: ServeCommand()) }
        #expect(rows(text, below: "| in \"serve\" | default | what it does |") == serve, "\(serve.joined(separator: "\n"))")
        let batch = Settings.batchDefaults.map { row($0, of: Settings()) }
        #expect(rows(text, below: "| in \"batch\" | default | what it does |") == batch, "\(batch.joined(separator: "\n"))")
    }

    @Test("The table in docs/cache.md lists every option with its default and what it does, and nothing else")
    func documented() throws {
        let options = Configuration.options.map { row($0, of: Configuration()) }
        let table = rows(try page("cache.md"), below: "| option | default | what it does |")
        #expect(table == options, "\(options.joined(separator: "\n"))")
    }
}
