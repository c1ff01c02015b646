#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierScheduling

/// Folders in which something may change that matters to a run.
struct WatchedFolders: Hashable {
    /// Their paths, each once.
    private(set) var paths: [String] = []
    private var known: Set<String> = []
    private let filter: InputFilter

    /// None so far.
    init(_ filter: InputFilter = InputFilter()) { self.filter = filter }

    /// Adds those of an operand: a folder with the folders below it, those a pattern reaches, the folder of a file.
    mutating func add(_ operand: String) throws(UsageError) {
        switch kind(of: operand) {
        case .folder: addTree(operand)
        case nil where Glob.isPattern(operand):
            for glob in try Glob.patterns(operand) {
                let fixed = glob.names.dropLast().prefix { !Glob.isPattern($0) }, base = fixed.map { $0 + "/" }.joined()
                if glob.names.count - fixed.count > 1 { addTree(base) } else { insert(base) }
            }
        default: insert(operand.lastIndex(of: "/").map { String(operand[...$0]) } ?? "./")
        }
    }

    private mutating func insert(_ path: String) {
        let path = path.isEmpty ? "./" : path.hasSuffix("/") ? path : path + "/"
        if known.insert(path).inserted { paths.append(path) }
    }

    private mutating func addTree(_ folder: String) {
        let folder = folder.isEmpty ? "./" : folder.hasSuffix("/") ? folder : folder + "/"
        insert(folder)
        var open = [(below: "", depth: 1)]
        while let (below, depth) = open.popLast() {
            var problems: [String] = []  // the run that follows lists the folder as well, and says what is wrong
            for name in names(in: folder + below, problems: &problems) ?? [] where !name.hasPrefix(".") {
                var status = stat()
                let path = below + name
                guard lstat(folder + path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, filter.enters(path), depth <= deepestFolder
                else { continue }
                insert(folder + path)
                open.append((path + "/", depth + 1))
            }
        }
    }
}

/// Waits for changes in folders (inotify(7)).
///
/// Only names are looked at that do not begin with a dot. A file counts as changed when whoever writes it closes it, or when it gets its
/// name by a rename or a link, so that saving in one step and in several are both one change; what follows within 50 ms belongs to it.
final class FolderWatch: Sendable {
    private let descriptor: Int32
    /// Wakes whoever waits.
    private let bell: (read: Int32, write: Int32)

    /// How long nothing must happen after a change; the same while a file is open for writing; how long all of that may take.
    private static let settling = Duration.milliseconds(50), patience = Duration.seconds(1), longest = Duration.seconds(5)

    init() throws(SystemError) {
        descriptor = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("--watch: cannot begin") }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            let error = SystemError("--watch: cannot begin")
            close(descriptor)
            throw error
        }
        bell = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit { for end in [descriptor, bell.read, bell.write] { close(end) } }

    /// Watches folders from now on; those that are watched already, and those that have gone, are passed over.
    func add(_ folders: WatchedFolders) throws(SystemError) {
        let mask = IN_CLOSE_WRITE | IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR
        for path in folders.paths where inotify_add_watch(descriptor, path, UInt32(mask)) < 0 {
            if errno == ENOSPC { throw SystemError("--watch \(printable(path)): fs.inotify.max_user_watches allows no more folders") }
            if errno != ENOENT, errno != ENOTDIR, errno != EACCES { throw SystemError("--watch \(printable(path)): cannot watch") }
        }
    }

    /// Waits until something has changed and come to rest; false when the task is cancelled.
    func change() async -> Bool {
        await withTaskCancellationHandler {
            wait()
        } onCancel: {
            var byte: UInt8 = 0
            _ = write(bell.write, &byte, 1)
        }
    }

    private func wait() -> Bool {
        var first: ContinuousClock.Instant?, writing: Set<Name> = []
        while true {
            var timeout: Int32 = -1
            if let first {
                let rest = Self.longest - (.now - first)
                if rest <= .zero { return true }
                timeout = Int32((min(writing.isEmpty ? Self.settling : Self.patience, rest).inSeconds * 1000).rounded(.up))
            }
            var descriptors = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, 2, timeout)
            if count < 0, errno == EINTR { continue }
            if count < 0 || descriptors[1].revents != 0 { return false }
            if count == 0 { return true }
            if takeEvents(&writing) { first = first ?? .now }
        }
    }

    /// A name in one of the folders.
    private struct Name: Hashable {
        var folder: Int32, name: String
    }

    /// Takes in what has happened; whether it matters.
    private func takeEvents(_ writing: inout Set<Name>) -> Bool {
        var matters = false
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            var position = 0
            let header = MemoryLayout<inotify_event>.size
            while position + header <= count {
                let event = buffer.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                let bytes = buffer[(position + header)..<(position + header + Int(event.len))].prefix { $0 != 0 }
                position += header + Int(event.len)
                let mask = Int32(bitPattern: event.mask), name = Name(folder: event.wd, name: String(decoding: bytes, as: UTF8.self))
                if mask & IN_Q_OVERFLOW != 0 { matters = true }
                guard !name.name.isEmpty, !name.name.hasPrefix(".") else { continue }
                matters = true
                let isOpen = mask & (IN_CREATE | IN_MODIFY) != 0 && mask & IN_ISDIR == 0
                if isOpen { writing.insert(name) } else { writing.remove(name) }
            }
        }
        return matters
    }

    /// Runs a pass over all inputs, and again whenever something in the folders has changed, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - folders: The folders as they are now; asked before every pass, so that nothing is missed in those that are new.
    ///   - pass: What is done; told whether it is the first.
    /// - Returns: What the last pass came to.
    static func repeating(
        over folders: () throws -> WatchedFolders, _ pass: (_ isFirst: Bool) async throws -> ExitCode
    ) async throws -> ExitCode {
        let watch = try FolderWatch()
        try watch.add(folders())
        var code = try await pass(true)
        while !Task.isCancelled, await watch.change() {
            try watch.add(folders())
            code = try await pass(false)
        }
        return code
    }
}
