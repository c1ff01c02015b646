import AtelierMemo
import AtelierStages
import Testing

@testable import AtelierCommand

@Suite("Options of the configuration")
struct ConfigurationOptionsTests {
    @Test("The table in docs/cache.md lists every option with its default and what it does, and nothing else")
    func documented() throws {
        let parts = #filePath.split(separator: "/"), place = try #require(parts.firstIndex(of: "Tests"))
        let page = "/" + parts[..<place].joined(separator: "/") + "/docs/cache.md"
        let text = String(decoding: try Console().read(page, limit: 1 << 20).withUnsafeBytes(Array.init), as: UTF8.self)
        let rows = Configuration.options.map { option in
            let value = option.text(of: option.read(Configuration())) ?? "none"
            return "| `\(option.name)` | \(value) | \(option.help)\(option.choices.map { " (\($0))" } ?? "") |"
        }
        let table = text.split(separator: "\n").map(String.init).drop { $0 != "| option | default | what it does |" }
        #expect(Array(table.dropFirst(2).prefix { $0.hasPrefix("|") }) == rows, "\(rows.joined(separator: "\n"))")
    }
}
