import AtelierJSON
import AtelierStages

/// Why a command line cannot be followed, as one sentence without a full stop, and where to read more.
struct UsageError: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Reads flags into `root` and returns what is left, in order.
///
/// `--name value`, `--name=value`, `-n value`, `-nvalue` and bundled letters (`-qv`) are understood; `_` counts as `-` in
/// names; a flag takes no separate value, `--name=off` and `--no-name` switch it off; `-` is an operand; everything after
/// `--` is one. The last of several values wins.
///
/// - Parameter owner: Which command takes an option of that name, where this one does not.
func parse<Root>(
    _ arguments: some Sequence<String>, options: [Option<Root>], into root: inout Root, owner: (Substring) -> String? = { _ in nil }
) throws(UsageError) -> [String] {
    try parse(arguments, parts: [{ options }], into: &root, owner: owner)
}

/// The same for options in parts, each made when a name is in none of those before.
func parse<Root>(
    _ arguments: some Sequence<String>, parts: [() -> [Option<Root>]], into root: inout Root, owner: (Substring) -> String? = { _ in nil }
) throws(UsageError) -> [String] {
    var operands: [String] = []
    var rest = arguments.makeIterator()
    var made: [[Option<Root>]] = []

    func option(where isMeant: (Option<Root>) -> Bool) -> Option<Root>? {
        for place in parts.indices {
            if place == made.count { made.append(parts[place]()) }
            if let option = made[place].first(where: isMeant) { return option }
        }
        return nil
    }

    func set(_ called: Option<Root>, to text: String) throws(UsageError) {
        let name = ConversionOptions.name(called.name, with: text)
        let meant = name == called.name ? called : option { $0.name == name } ?? called
        do { meant.write(&root, try meant.value(from: text)) } catch { throw UsageError(error.description) }
    }
    func valueAfter(_ option: Option<Root>, shown: String) throws(UsageError) -> String {
        guard let value = rest.next() else { throw UsageError("\(shown) wants \(option.accepted) after it") }
        return value
    }

    while let argument = rest.next() {
        if argument == "--" {
            while let operand = rest.next() { operands.append(operand) }
        } else if argument.hasPrefix("--") {
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if let option = option(where: { $0.isCalled(name) }) {
                if parts.count == 2 {
                    try set(option, to: String(parts[1]))
                } else if option.kind == .flag {
                    option.write(&root, .flag(true))
                } else {
                    try set(option, to: try valueAfter(option, shown: "--\(option.name)"))
                }
            } else if parts.count == 1, name.hasPrefix("no-"), let option = option(where: { $0.isCalled(name.dropFirst(3)) }),
                option.kind == .flag
            {
                option.write(&root, .flag(false))
            } else if let owner = owner(parts[0]) ?? (name.hasPrefix("no-") ? owner(parts[0].dropFirst(3)) : nil) {
                throw UsageError("--\(printable(name)) belongs to \(owner)")
            } else if let advice = ConversionOptions.advice(on: name) {
                throw UsageError("there is no option --\(printable(name)): \(advice)")
            } else {
                throw UsageError(unknown("--" + name, among: ["--help"] + made.joined().map { "--" + $0.name }))
            }
        } else if argument.hasPrefix("-"), argument.count > 1 {
            var letters = argument.dropFirst()
            while let letter = letters.popFirst() {
                guard let option = option(where: { $0.letter == letter }) else {
                    throw UsageError("there is no option -\(printable(String(letter)))")
                }
                if option.kind == .flag {
                    option.write(&root, .flag(true))
                } else {
                    if letters.first == "=" { letters.removeFirst() }
                    try set(option, to: letters.isEmpty ? try valueAfter(option, shown: "-\(letter)") : String(letters))
                    break
                }
            }
        } else {
            operands.append(argument)
        }
    }
    return operands
}

/// `there is no option --colours (did you mean --colors?)`.
private func unknown(_ given: String, among names: [String]) -> String {
    let suggestion = closest(to: kebabCase(given.lowercased()), in: names)
    return "there is no option \(printable(given))" + (suggestion.map { " (did you mean \($0)?)" } ?? "")
}
