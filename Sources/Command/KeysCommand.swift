import AtelierJSON
import AtelierMemo
import AtelierService
import AtelierStages

/// Who may use a service: keys are made, listed and removed in the folder of its state, whether it runs or not.
struct KeysCommand: Hashable, Sendable {
    /// The things that can be done.
    enum Action: String, CaseIterable, Sendable { case add, list, remove }

    var action: Action
    /// Of the key; nil for `list`.
    var name: String?
    /// What a new key allows.
    var scopes: String?
    /// How many times the rate of a client a new key has.
    var share = 1.0
    /// The folder that the service is started with.
    var data: String?
    /// `json` matters.
    var json = false

    /// Those of `add`.
    static let newKeyOptions: [Option<KeysCommand>] = [
        .text(
            "scopes", \.scopes, "LIST", group: "Keys",
            "What a new key allows: read, convert, admin, with commas between several, or all; read,convert unless said."),
        .number("share", \.share, 0.01...1000, group: "Keys", "How many times the rate of a client a new key has."),
    ]

    static let sharedOptions: [Option<KeysCommand>] = [
        .text(
            "data", \.data, "DIR", group: "Keys",
            "Folder that the service keeps its state in; $XDG_STATE_HOME/atelier (~/.local/state/atelier) unless said."),
        .flag("json", \.json, group: "Talk", "Answers in JSON."),
    ]

    /// Does it. The text of a new key is written once, to standard output.
    func run(environment: [String: String], console: Console) throws -> ExitCode {
        let file = KeyFile(path: try ServeCommand.folder(data, environment) + "/keys.json")
        switch action {
        case .add:
            guard let scopes = Scope.set(written: scopes ?? "read,convert"), !scopes.isEmpty else {
                throw UsageError("--scopes wants read, convert or admin, with commas between several, or all")
            }
            let name = name ?? "", text = try file.add(name, scopes: scopes, share: share, now: systemSeconds())
            try console.write((json ? JSON.object(["version": 1, "name": .string(name), "key": .string(text)]).text : text) + "\n")
        case .list:
            let keys = try file.read()
            let text =
                json
                ? JSON.object(["version": 1, "keys": .array(keys.map(\.shown))]).text + "\n"
                : keys.map { "\($0.name) \($0.words.joined(separator: ",")) share \($0.share)\n" }.joined()
            try console.write(text)
        case .remove: try file.remove(name ?? "")
        }
        return .done
    }
}

extension APIKey {
    /// What it allows.
    fileprivate var words: [String] { Scope.grantable.filter(scopes.contains).map(\.rawValue) }

    fileprivate var shown: JSON {
        .object([
            "name": .string(name), "scopes": .array(words.map(JSON.string)), "share": .number(share), "created": .integer(Int(created)),
        ])
    }
}
