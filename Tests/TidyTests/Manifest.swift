/// The rooms of `Package.swift` as its text lists them.
///
/// Read as text, because asking SwiftPM from inside `swift test` would wait for the lock that the test run holds.
struct Manifest {
    /// One target under `Sources/`, `Tests/` or elsewhere.
    struct Target: Equatable {
        /// Name of the folder, such as `Memo`; the module is `Atelier` + name for a room.
        var folder: String
        var module: String
        /// Modules in the order written.
        var dependencies: [String]
        var line: Int
    }

    /// In the order written, bottom up.
    var targets: [Target] = []
    /// Lists of dependencies with a name of their own: `let atelier: [Target.Dependency] = ["Atelier", …]`.
    private var lists: [String: [String]] = [:]

    /// Reads calls of the manifest's own helpers (`library`, `room`, `tests`) and plain targets with a `path:`.
    init(_ file: SourceFile) {
        var call = "", start = 0, depth = 0
        for (index, raw) in file.lines.enumerated() {
            let line = String(raw.prefix(upTo: raw.firstRange(of: "//")?.lowerBound ?? raw.endIndex))
            let trimmed = line.drop { $0 == " " }
            if depth == 0 {
                if trimmed.hasPrefix("let "), trimmed.contains(": [Target.Dependency] = [") {
                    lists[String(trimmed.dropFirst(4).prefix { $0 != ":" })] = Self.quoted(String(trimmed))
                }
                let starts = ["library(", ".systemLibrary(", "room(", "tests(", ".target(", ".executableTarget(", ".testTarget("]
                guard starts.contains(where: trimmed.hasPrefix), !raw.contains("func ") else { continue }
                call = ""
                start = index + 1
            }
            call += trimmed + " "
            depth += trimmed.count { $0 == "(" || $0 == "[" } - trimmed.count { $0 == ")" || $0 == "]" }
            if depth == 0, let target = self.target(call, line: start) { targets.append(target) }
        }
    }

    private func target(_ call: String, line: Int) -> Target? {
        let strings = Self.quoted(call)
        // The helpers' own bodies build names from parts; they are not targets.
        guard let name = strings.first, !name.contains("\\(") else { return nil }
        let unquoted = call.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 0 }
        let listed = SwiftText.words(in: unquoted.map { String($0.element) }.joined()).flatMap { lists[String($0)] ?? [] }
        let named = Self.quoted(Self.after("[", in: call) ?? "").filter { $0.hasPrefix("Atelier") || $0.hasPrefix("CAtelier") }
        let modules = named + listed
        if call.hasPrefix("library(") {
            return Target(folder: "Sources/C\(name)", module: "CAtelier\(name)", dependencies: [], line: line)
        }
        if call.hasPrefix("room(") {
            return Target(folder: "Sources/\(name)", module: "Atelier\(name)", dependencies: modules, line: line)
        }
        if call.hasPrefix("tests(") {
            return Target(folder: "Tests/\(name)Tests", module: "\(name)Tests", dependencies: ["Atelier\(name)"] + modules, line: line)
        }
        let kind = call.hasPrefix(".testTarget(") ? "Tests/" : "Sources/"
        let path = Self.after("path: \"", in: call).map { String($0.prefix { $0 != "\"" }) } ?? kind + name
        return Target(folder: path, module: name, dependencies: modules, line: line)
    }

    private static func after(_ mark: String, in text: String) -> String? {
        text.firstRange(of: mark).map { String(text[$0.upperBound...]) }
    }

    private static func quoted(_ text: String) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The target a file belongs to: the one with the longest folder above it.
    func target(of file: SourceFile) -> Target? {
        targets.filter { file.path.hasPrefix($0.folder + "/") }.max { $0.folder.count < $1.folder.count }
    }
}
