import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder that is ours to keep entries in: mode 0700, marked with `CACHEDIR.TAG` (bford.info/cachedir), and with
/// the version of its layout in the file `layout`.
///
///     let directory = try CacheDirectory(opening: CacheDirectory.path(option: options.cacheDirectory))
///
/// Who cannot open one prints the error as a warning and goes on without a cache.
public struct CacheDirectory: Sendable {
    /// Where it is.
    public let path: String
    /// Whether it was opened to put entries into it.
    let isWritten: Bool

    /// Version of the arrangement of folders and files inside; entries carry their own version.
    static let layoutVersion = 2
    private static let layoutPrefix = "atelier cache layout "

    /// Where the cache belongs: the option, else `$ATELIER_CACHE_DIR`, else `$XDG_CACHE_HOME/atelier`, else
    /// `~/.cache/atelier`. An empty variable counts as unset, and so does a relative `$XDG_CACHE_HOME` (its specification). The environment is the process's unless given.
    public static func path(
        option: String?, environment: ((String) -> String?)? = nil
    ) throws(CacheDirectoryError) -> String {
        let environment = environment ?? { name in getenv(name).map { String(cString: $0) } }
        func variable(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let option { return option }
        if let own = variable("ATELIER_CACHE_DIR") { return own }
        if let caches = variable("XDG_CACHE_HOME"), caches.hasPrefix("/") { return caches + "/atelier" }
        if let home = variable("HOME") { return home + "/.cache/atelier" }
        throw .noPlace
    }

    /// Opens the folder, making it when there is none. A folder of another layout is not touched.
    ///
    /// - Parameter writing: Whether entries will be put; without, a folder that can only be read is fine, such as one on
    ///   a medium without write access that several machines share.
    public init(opening path: String, writing: Bool = true) throws(CacheDirectoryError) {
        self.path = path
        isWritten = writing
        switch Self.layout(in: path) {
        case .version(Self.layoutVersion): break
        case .version(1) where writing: try convert()
        case .version(let found): throw .otherLayout(path: path, found: found)
        case .unreadable(let code): throw .notUsable(path: path, doing: "reading", code: code)
        case .absent, .damaged: try establish()
        }
        guard access(path, writing ? R_OK | W_OK | X_OK : R_OK | X_OK) == 0 else {
            throw .notUsable(path: path, doing: writing ? "writing" : "reading", code: errno)
        }
    }

    private enum Layout {
        case version(Int)
        case absent
        // Something else than we or a later version would write: noise. Entries prove themselves one by one.
        case damaged
        case unreadable(Int32)
    }

    private static func layout(in path: String) -> Layout {
        do {
            let text = try Blob.reading(path: path + "/layout", limit: 64).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            guard text.hasPrefix(layoutPrefix), text.hasSuffix("\n") else { return .damaged }
            return Int(text.dropFirst(layoutPrefix.count).dropLast()).map(Layout.version) ?? .damaged
        } catch .notFound {
            return .absent
        } catch .failed(_, _, let code) {
            return .unreadable(code)
        } catch {
            return .damaged
        }
    }

    private func establish() throws(CacheDirectoryError) {
        try makeFolders(path[...])
        do {
            if access(path + "/CACHEDIR.TAG", F_OK) != 0 { try write([Blob(Self.tag)], to: path + "/CACHEDIR.TAG") }
            try write([Blob("\(Self.layoutPrefix)\(Self.layoutVersion)\n")], to: path + "/layout")
        } catch .failed(_, let doing, let code) {
            throw .notUsable(path: path, doing: doing, code: code)
        } catch {
            throw .notUsable(path: path, doing: "writing", code: EIO)
        }
    }

    // Layout 1 had a file for every entry, and sums in `usage`. It was a cache: what it held is made again. The new
    // layout is named last, so that a process killed on the way leaves work for the next.
    private func convert() throws(CacheDirectoryError) {
        for folder in Self.names(in: path + "/objects") where folder.utf8.count == 2 {
            for name in Self.names(in: "\(path)/objects/\(folder)") where Digest(name) != nil {
                unlink("\(path)/objects/\(folder)/\(name)")
            }
        }
        unlink(path + "/usage")
        try establish()
    }

    // Makes a folder and those above it, all of them for the user alone.
    private func makeFolders(_ folder: Substring) throws(CacheDirectoryError) {
        if mkdir(String(folder), 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash > folder.startIndex else {
            throw .notUsable(path: path, doing: "making the folder", code: errno)
        }
        try makeFolders(folder[..<slash])
        guard mkdir(String(folder), 0o700) == 0 || errno == EEXIST else {
            throw .notUsable(path: path, doing: "making the folder", code: errno)
        }
    }

    private static let tag = """
        Signature: 8a477f597d28d172789f06886806bc55
        # This folder is a cache of atelier: it may be deleted at any time, and backups may leave it out.
        # For information about cache directory tags see https://bford.info/cachedir/

        """
}

/// Why there is no cache; the text is the warning to print.
public enum CacheDirectoryError: Error, Equatable, CustomStringConvertible {
    /// No option and no environment variable says where.
    case noPlace
    /// The folder cannot be made, read or written; `code` is the system's `errno`.
    case notUsable(path: String, doing: String, code: Int32)
    /// Another version of the project keeps its cache there.
    case otherLayout(path: String, found: Int)

    /// One sentence: what, where, and what helps.
    public var description: String {
        switch self {
        case .noPlace:
            "no cache: neither HOME nor XDG_CACHE_HOME is set; --cache-dir or ATELIER_CACHE_DIR says where to keep it"
        case .notUsable(let path, let doing, let code):
            "no cache: \(path): \(doing) failed: \(String(cString: strerror(code))); --cache-dir names another folder"
        case .otherLayout(let path, let found):
            "no cache: \(path) has layout \(found), this version writes layout \(CacheDirectory.layoutVersion); "
                + "it is left alone, --cache-dir names another folder"
        }
    }
}

// MARK: - Writing files

extension CacheDirectory {
    /// Puts a whole file in place of whatever is there: readers see the old one or the new one. Nothing is synced: what a
    /// power cut tears is caught by checksums and is a miss.
    func write(_ pieces: [Blob], to path: String) throws(Blob.FileError) {
        let file = try makeTemporaryFile()
        do {
            for piece in pieces { try piece.write(to: file.descriptor, path: path) }
            try file.name(path, in: self)
        } catch {
            file.remove()
            throw error
        }
    }

    /// A file in `tmp` that is being written, under an advisory lock which the system drops with the writer: a file
    /// there that can be locked is a dead writer's leftover.
    final class TemporaryFile: Sendable {
        let descriptor: Int32
        let path: String

        fileprivate init(descriptor: Int32, path: String) { (self.descriptor, self.path) = (descriptor, path) }

        // Closing drops the lock, so it comes after naming or removing.
        deinit { close(descriptor) }

        /// Its last component.
        var name: String { String(path[path.index(after: path.lastIndex(of: "/")!)...]) }

        func remove() { unlink(path) }

        /// Gives it another name, in place of whatever has that; folders above it are made.
        func name(_ path: String, in directory: CacheDirectory) throws(Blob.FileError) {
            if rename(self.path, path) == 0 { return }
            if errno == ENOENT, directory.makeFolder(of: path), rename(self.path, path) == 0 { return }
            throw .failed(path: path, doing: "writing", code: errno)
        }
    }

    /// A new empty file in `tmp`.
    func makeTemporaryFile() throws(Blob.FileError) -> TemporaryFile {
        let folder = path + "/tmp"
        var code: Int32 = 0
        for _ in 0..<100 {
            let number = temporaryFileNumber.wrappingAdd(1, ordering: .relaxed).newValue
            let name = "\(folder)/\(getpid())-\(number)"
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor >= 0 {
                // Refused when somebody sweeps leftovers just now and takes ours for one.
                if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return TemporaryFile(descriptor: descriptor, path: name) }
                close(descriptor)
            } else if errno == ENOENT {
                // The whole folder was deleted meanwhile.
                guard makeFolder(of: name) else { break }
            } else if errno != EEXIST {
                code = errno
                break
            }
        }
        throw .failed(path: folder, doing: "writing", code: code == 0 ? EBUSY : code)
    }

    func makeFolder(of file: String) -> Bool {
        guard let slash = file.lastIndex(of: "/") else { return false }
        return (try? makeFolders(file[..<slash])) != nil  // the caller meets the reason when it tries again
    }

    /// Removes what dead writers left in `tmp`.
    func removeLeftovers() {
        for name in Self.names(in: path + "/tmp") where removeLeftover(name) {}
    }

    /// Removes a file of `tmp` if its writer is dead; whether there is none now.
    @discardableResult
    func removeLeftover(_ name: String) -> Bool {
        let file = "\(path)/tmp/\(name)"
        let descriptor = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return errno == ENOENT }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && unlink(file) == 0
    }

    /// Names in a folder, in the system's order, without those that begin with a dot; none when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

private let temporaryFileNumber = Atomic<Int>(0)
