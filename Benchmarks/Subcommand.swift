import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One measurement or program under test.
struct Subcommand: Sendable {
    /// First word of the command line.
    var name: String
    /// What it answers, for the list of subcommands.
    var question: String
    /// What follows the name, and what it means; indented by four, within 80 columns.
    var usage: String
    /// Does it; the result is the exit status.
    var run: @Sendable (Arguments) throws -> Int32

    /// Runs the subcommand that `words` names and ends the process: 64 for a command line that makes no sense.
    static func main(_ words: [String], among subcommands: [Subcommand]) -> Never {
        guard let name = words.first, name != "--help", name != "help" else {
            print("atelier-bench: measurements beside their peers\n")
            for command in subcommands {
                print("  \(command.name + String(repeating: " ", count: max(1, 14 - command.name.count)))\(command.question)")
            }
            print("\natelier-bench NAME --help says more. Build with -c release.")
            exit(0)
        }
        guard let command = subcommands.first(where: { $0.name == name }) else {
            fail("no subcommand '\(name)'; there are \(subcommands.map(\.name).joined(separator: ", "))", status: 64)
        }
        if words.contains("--help") {
            print("atelier-bench \(command.name): \(command.question)\n\n\(command.usage)")
            exit(0)
        }
        do {
            exit(try command.run(try Arguments(Array(words.dropFirst()))))
        } catch let error as Arguments.Problem {
            fail("\(name): \(error.text)", status: 64)
        } catch {
            fail("\(name): \(error)", status: 1)
        }
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        try? Blob("atelier-bench: \(text)\n").write(to: STDERR_FILENO)  // nobody is left to tell when this fails
        exit(status)
    }
}

/// Words, then options of the form `--name value`.
struct Arguments: Sendable {
    struct Problem: Error { var text: String }

    /// What stands before the first option.
    var words: [String] = []
    private var options: [String: String] = [:]

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("--") {
                guard let value = rest.popFirst() else { throw Problem(text: "\(word) needs a value") }
                options[String(word.dropFirst(2))] = value
            } else if options.isEmpty {
                words.append(word)
            } else {
                throw Problem(text: "unexpected '\(word)'")
            }
        }
    }

    func has(_ name: String) -> Bool { options[name] != nil }

    func string(_ name: String, default fallback: String? = nil) throws -> String {
        guard let text = options[name] ?? fallback else { throw Problem(text: "--\(name) is missing") }
        return text
    }

    func integer(_ name: String, default fallback: Int? = nil) throws -> Int {
        if options[name] == nil, let fallback { return fallback }
        guard let number = Int(try string(name)) else { throw Problem(text: "--\(name) \(try string(name)): is not a whole number") }
        return number
    }

    /// Numbers with commas between them.
    func integers(_ name: String, default fallback: [Int]) throws -> [Int] {
        guard let text = options[name] else { return fallback }
        return try text.split(separator: ",").map {
            guard let number = Int($0) else { throw Problem(text: "--\(name) \(text): '\($0)' is not a whole number") }
            return number
        }
    }
}
