import AtelierJSON
import AtelierMemo
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where files of the configuration are, or would be.
struct ConfigurationFiles: Hashable, Sendable {
    /// `$XDG_CONFIG_HOME/atelier/atelier.json`, else `~/.config/atelier/atelier.json`; nil without a home.
    var user: String?
    /// The nearest `atelier.json` at or above the working directory, as far up as the root; nil when there is none.
    var project: String?

    /// Looks for them; none is read.
    ///
    /// - Complexity: One system call for each folder above the working directory.
    init(environment: [String: String], workingDirectory: String?) {
        // The specification of XDG_CONFIG_HOME has a relative path passed over.
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            user = folder + "/atelier/atelier.json"
        } else if let home = environment["HOME"], !home.isEmpty {
            user = home + "/.config/atelier/atelier.json"
        }
        var folder = workingDirectory ?? ""
        while folder.hasPrefix("/"), project == nil {
            let path = (folder == "/" ? "" : folder) + "/atelier.json"
            if kind(of: path) == .file, path != user { project = path }
            let parent = folder.prefix(upTo: folder.lastIndex(of: "/") ?? folder.startIndex)
            folder = parent.isEmpty && folder != "/" ? "/" : String(parent)
        }
    }

    /// The folder of the process; nil when it was deleted.
    static var workingDirectory: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}

/// Longest configuration file, in bytes.
private let largestFile = 1 << 20

extension ConfigurationFiles {
    /// Whether a file may have been put above the working directory by a stranger, as in a folder like `/tmp` that everybody
    /// writes: it belongs neither to this user, nor to root, nor to the owner of the working directory.
    static func isForeign(_ path: String, above workingDirectory: String) -> Bool {
        var file = stat(), folder = stat()
        guard stat(path, &file) == 0, stat(workingDirectory, &folder) == 0 else { return false }  // reading says why
        return isForeign(owner: file.st_uid, user: geteuid(), folderOwner: folder.st_uid)
    }

    /// The rule of the function above, by user numbers.
    static func isForeign(owner: UInt32, user: UInt32, folderOwner: UInt32) -> Bool { ![user, 0, folderOwner].contains(owner) }

    /// What a file says, by name of option; nil when there is no such file.
    ///
    /// - Parameter home: What `~/` at the beginning of a path stands for.
    static func values(in path: String, home: String?) throws(UsageError) -> [String: OptionValue]? {
        let json: JSON
        do {
            json = try JSON(parsing: Blob.reading(path: path, limit: largestFile).withUnsafeBytes(Array.init))
        } catch Blob.FileError.notFound {
            return nil
        } catch let error as JSON.SyntaxError {
            throw UsageError("\(printable(path)): not JSON: \(sentence(error))")
        } catch {
            throw UsageError(sentence(error))
        }
        guard case .object(let members) = json else {
            throw UsageError("\(printable(path)): a configuration is an object such as {\"disk-limit\": \"20GiB\"}")
        }
        var values: [String: OptionValue] = [:]
        let plain = members.filter { ConfigurationSection(rawValue: $0.name) == nil }
        try read(plain, Configuration.options, in: path, home: home, of: nil, into: &values)
        for member in members {
            guard let section = ConfigurationSection(rawValue: member.name) else { continue }
            guard case .object(let inner) = member.value else {
                throw UsageError("\(printable(path)): \"\(section.rawValue)\" is an object such as \(section.example)")
            }
            switch section {
            case .serve: try read(inner, ServeCommand.ownOptions, in: path, home: home, of: section, into: &values)
            case .batch: try read(inner, Settings.batchDefaults, in: path, home: home, of: section, into: &values)
            }
        }
        return values
    }

    /// Adds what members of an object say.
    private static func read<Root>(
        _ members: [JSON.Member], _ options: [Option<Root>], in path: String, home: String?, of section: ConfigurationSection?,
        into values: inout [String: OptionValue]
    ) throws(UsageError) {
        for member in members {
            let shown = "\"\(printable(member.name))\"" + (section.map { " of \"\($0.rawValue)\"" } ?? "")
            guard let option = options.first(where: { $0.isCalled(member.name) }) else {
                let question = closest(to: kebabCase(member.name), in: options.map(\.name)).map { " (did you mean \"\($0)\"?)" } ?? ""
                throw UsageError("\(printable(path)): there is no option \(shown)\(question)")
            }
            let name = section?.path(of: option.name) ?? option.name
            guard values[name] == nil else { throw UsageError("\(printable(path)): \(shown) is said twice") }
            do {
                let value = try option.value(from: member.value, called: shown)
                values[name] = option.isPath ? value.placed(beside: path, home: home) : value
            } catch { throw UsageError("\(printable(path)): \(printable(error.description))") }
        }
    }
}

extension Option {
    /// Whether its value names a file or a folder.
    fileprivate var isPath: Bool {
        if case .text(let word, _) = kind { word == "DIR" || word == "FILE" } else { false }
    }
}

extension OptionValue {
    /// A path that stands in a file: relative ones begin in the file's folder, `~/` in the home.
    fileprivate func placed(beside file: String, home: String?) -> OptionValue {
        guard case .text(let path) = self, !path.hasPrefix("/") else { return self }
        if path.hasPrefix("~/"), let home, !home.isEmpty { return .text(home + path.dropFirst()) }
        return .text(file.prefix(upTo: file.lastIndex(of: "/") ?? file.startIndex) + "/" + path)
    }
}
