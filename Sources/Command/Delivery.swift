#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Synchronization

/// Which file a path leads to, links followed.
struct FileIdentity: Hashable {
    let device: UInt, node: UInt

    /// Nil when there is nothing, or nothing that may be asked about.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, node) = (UInt(status.st_dev), UInt(status.st_ino))
    }
}

/// How an output came to be as it should.
enum Delivery: String, Hashable, Sendable {
    /// The file was made or replaced.
    case written
    /// The same bytes were there already.
    case unchanged
    /// The bytes went to standard output, a pipe or a device.
    case streamed
    /// A run before made it, of the same, and it is as it was written.
    case kept
}

/// Why an output was not written.
enum DeliveryError: Error, Hashable, CustomStringConvertible {
    /// Another content is there and was not to be replaced.
    case exists(String)
    /// The system refused.
    case system(SystemError)

    var description: String {
        switch self {
        case .exists(let path): "\(printable(path)): exists and differs; --force replaces it"
        case .system(let error): error.description
        }
    }
}

/// Brings a file to hold `bytes`, whole or not at all.
///
/// The bytes go to a new file in the same folder, which takes the name when it is whole; folders on the way are made. A file that holds
/// the same bytes is left alone, one that differs is replaced only by `force`, also when it appears meanwhile. A link is
/// followed and stays; pipes and devices are written to.
func deliver(_ bytes: UnsafeRawBufferPointer, to path: String, force: Bool) throws(DeliveryError) -> Delivery {
    var status = stat()
    var target = path
    if stat(path, &status) == 0 {
        guard status.st_mode & S_IFMT == S_IFREG else {
            return try stream(bytes, to: path)
        }
        if holds(bytes, path) { return .unchanged }
        guard force else { throw .exists(path) }
        if let resolved = realpath(path, nil) {
            target = String(cString: resolved)
            free(resolved)
        }
    } else {
        status.st_mode = 0
        try makeFolder(of: path)
        if try writeUnnamed(bytes, to: path) { return .written }
    }

    let (descriptor, temporary) = try makeTemporaryFile(beside: target, called: path)
    var isRenamed = false
    defer { if !isRenamed { unlink(temporary) } }
    do throws(SystemError) {
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, called: printable(path))
        if status.st_mode != 0, fchmod(descriptor, status.st_mode & 0o7777) != 0 {
            throw SystemError("\(printable(path)): cannot set its mode")
        }
    } catch { throw .system(error) }

    // Without force the name must still be free: a link, unlike a rename, never replaces. Where there are no links, a rename has
    // to do.
    if !force {
        if link(temporary, target) == 0 { return .written }
        if errno == EEXIST {
            guard holds(bytes, target) else { throw .exists(path) }
            return .unchanged
        }
    }
    isRenamed = rename(temporary, target) == 0
    guard isRenamed else { throw .system(SystemError("\(printable(path)): cannot rename the finished file")) }
    return .written
}

/// Writes a new file that has no name until it is whole: nothing is left of a process that is killed, and the folder is locked
/// once, not three times (of 256 files written by four threads a half of the kernel's time, measured on ext4). False, with nothing done,
/// when the file system has no such files or the name is taken meanwhile.
private func writeUnnamed(_ bytes: UnsafeRawBufferPointer, to path: String) throws(DeliveryError) -> Bool {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY  // O_TMPFILE, which the importer cannot read.
    let descriptor = open(folder, unnamed | O_WRONLY | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    do throws(SystemError) { try writeAll(bytes, to: descriptor, called: printable(path)) } catch { throw .system(error) }
    return linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
}

/// A new file in the folder of `target`. The name is short, because that of the target may be as long as names can be.
private func makeTemporaryFile(beside target: String, called path: String) throws(DeliveryError) -> (descriptor: Int32, path: String) {
    let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
    // A killed process may have left files of these names, and process numbers come again.
    for _ in 0..<1000 {
        let temporary = "\(folder).atelier-\(getpid())-\(temporaryCount.add(1, ordering: .relaxed).newValue)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor >= 0 { return (descriptor, temporary) }
        if errno != EEXIST { break }
    }
    throw .system(SystemError("\(printable(path)): cannot create"))
}

/// Distinguishes the temporary files of one process.
private let temporaryCount = Atomic<Int>(0)

private func stream(_ bytes: UnsafeRawBufferPointer, to path: String) throws(DeliveryError) -> Delivery {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(SystemError("\(printable(path)): cannot open for writing")) }
    defer { close(descriptor) }
    do { try writeAll(bytes, to: descriptor, called: printable(path)) } catch { throw .system(error) }
    return .streamed
}

/// Whether a file holds these bytes and no others; false when it cannot be read.
private func holds(_ bytes: UnsafeRawBufferPointer, _ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size == bytes.count else { return false }
    return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
        var position = 0
        while position < bytes.count {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, position + count <= bytes.count,
                memcmp(buffer.baseAddress!, bytes.baseAddress! + position, count) == 0
            else { return false }
            position += count
        }
        return true
    }
}

/// Makes the folders on the way to a path.
func makeFolder(of path: String) throws(DeliveryError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    guard kind(of: folder) != .folder else { return }
    try makeFolder(of: folder)
    // Another worker may have been quicker.
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .system(SystemError("\(printable(folder)): cannot make the folder")) }
}
