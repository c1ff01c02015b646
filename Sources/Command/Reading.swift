#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a descriptor to its end.
/// - Throws: `SystemError`, with `EFBIG` when there are more than `limit` bytes.
func readAll(_ descriptor: Int32, called name: String, limit: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var capacity = 1 << 16
    var status = stat()
    // One byte more than a file holds, so that its end is met without growing.
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { capacity = min(Int(status.st_size), limit) + 1 }
    while true {
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
            count = read(descriptor, buffer.baseAddress, buffer.count)
            initialized = max(count, 0)
        }
        if count < 0 {
            if errno == EINTR { continue }
            throw SystemError("\(name): cannot read")
        }
        if count == 0 { return bytes }
        if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
        guard bytes.count <= limit else {
            errno = EFBIG
            throw SystemError("\(name): more than \(limit) bytes")
        }
        capacity = 1 << 16
    }
}

/// Reads a file, or standard input for `-`.
func readAll(_ path: String, _ console: Console, limit: Int) throws(SystemError) -> [UInt8] {
    if path == "-" { return try readAll(console.input, called: "standard input", limit: limit) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("\(printable(path)): cannot open") }
    defer { close(descriptor) }
    return try readAll(descriptor, called: printable(path), limit: limit)
}
