#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Immutable bytes: every source and every final output. Slices share the memory of the whole.
///
///     let source = try Blob.reading(path: "logo.png", limit: 64 << 20)
///     let digest = Digest(hashing: source)
///     try source[..<8].write(to: STDOUT_FILENO)
///
/// Files are read into memory, never mapped: a mapped file that somebody shortens ends the process with a signal.
/// Mapping would save 1 ms on 16 MB (1.6 → 0.6 ms with every line touched), little beside decoding or even
/// hashing as much (3 ms), and below 256 KB reading is the faster of the two.
public struct Blob: Sendable {
    // Three words, which an existential holds in place: as a slice of four, each entry in memory was one more object, and
    // each hit one more line of memory that was not in the cache.
    @usableFromInline let whole: [UInt8]
    @usableFromInline let lower: Int
    /// Number of bytes.
    public let count: Int

    /// A blob over bytes in memory; nothing is copied.
    public init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    private init(_ whole: [UInt8], _ range: Range<Int>) { (self.whole, lower, count) = (whole, range.lowerBound, range.count) }

    /// The bytes; `blob.bytes.span` is the form that decoders take. O(1), nothing is copied.
    public var bytes: ArraySlice<UInt8> { whole[lower..<lower + count] }

    /// The UTF-8 bytes of a text.
    public init(_ text: String) { self.init(Array(text.utf8)) }

    /// Whether there are no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Hands the bytes to `body`; the pointer is valid only inside.
    @inlinable public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try whole.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[lower..<lower + count])) }
    }

    /// Part of the blob, counted from 0, without copying. The range must lie within `0..<count`.
    public subscript(range: some RangeExpression<Int>) -> Blob {
        let range = range.relative(to: 0..<count)
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range \(range) is outside a blob of \(count) bytes")
        return Blob(whole, lower + range.lowerBound..<lower + range.upperBound)
    }
}

extension Blob: Equatable {
    /// Whether both hold the same bytes.
    public static func == (a: Blob, b: Blob) -> Bool { a.bytes == b.bytes }
}

extension Blob: Storable {
    /// Number of bytes.
    public var byteCount: Int { count }

    /// The bytes themselves.
    public static var format: StorageFormat<Blob>? {
        StorageFormat(name: "blob", version: 1, encode: { $0 }, decode: { $0 })
    }
}

extension Blob {
    /// Why a file could not be read or written.
    public enum FileError: Error, Equatable, CustomStringConvertible {
        /// There is nothing under this path.
        case notFound(path: String)
        /// The path names a folder.
        case isFolder(path: String)
        /// The file holds more than the caller allows; `count` is nil when the size was not known beforehand.
        case tooLarge(path: String, count: Int?, limit: Int)
        /// The system refused; `code` is its `errno`.
        case failed(path: String, doing: String, code: Int32)

        /// One sentence: what, where, and what helps.
        public var description: String {
            switch self {
            case .notFound(let path): "\(path): there is no such file"
            case .isFolder(let path): "\(path): is a folder, a file is needed"
            case .tooLarge(let path, let count?, let limit): "\(path): has \(count) bytes, more than the limit of \(limit)"
            case .tooLarge(let path, nil, let limit): "\(path): has more bytes than the limit of \(limit)"
            case .failed(let path, let doing, let code): "\(path): \(doing) failed: \(String(cString: strerror(code)))"
            }
        }
    }

    /// Reads a file to its end: the very bytes that are there now. Pipes and devices are read until they end.
    ///
    /// - Parameters:
    ///   - path: The file; symbolic links are followed.
    ///   - limit: Most bytes that are taken in; a longer file is refused, before reading where its size is known.
    public static func reading(path: String, limit: Int) throws(FileError) -> Blob {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .notFound(path: path) : .failed(path: path, doing: "opening", code: errno)
        }
        defer { close(descriptor) }
        return try reading(descriptor: descriptor, path: path, limit: limit)
    }

    /// Reads an open descriptor from where it stands to its end; it stays open. `path` is its name in errors.
    public static func reading(descriptor: Int32, path: String, limit: Int) throws(FileError) -> Blob {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(path: path, doing: "reading", code: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .isFolder(path: path) }
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        let size = isRegular ? Int(status.st_size) : 0
        guard size <= limit else { throw .tooLarge(path: path, count: size, limit: limit) }

        // One byte more than the size finds the end in the same pass: a file that gives what it promised and no more has
        // ended. Growing covers pipes and files that still grow.
        var (bytes, ended) = try take(from: descriptor, upTo: size + 1, endingAt: isRegular ? size : nil, path: path)
        while !ended && bytes.count <= limit {
            let more: [UInt8]
            (more, ended) = try take(from: descriptor, upTo: max(64 << 10, min(bytes.count, 16 << 20)), path: path)
            bytes += more
        }
        guard bytes.count <= limit else { throw .tooLarge(path: path, count: nil, limit: limit) }
        return Blob(bytes)
    }

    /// Writes all bytes to a descriptor, waiting where it has no room yet. `path` is its name in errors.
    public func write(to descriptor: Int32, path: String = "output") throws(FileError) {
        let code: Int32 = withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let written = writeOnce(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if written >= 0 {
                    done += written
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw .failed(path: path, doing: "writing", code: code) }
    }

    // Fills one new array up to `capacity` bytes; says whether the end came first. A single read that gives exactly
    // `expected` bytes, where more were asked for, is the end as well: it saves asking again for nothing.
    private static func take(
        from descriptor: Int32, upTo capacity: Int, endingAt expected: Int? = nil, path: String
    ) throws(FileError) -> ([UInt8], ended: Bool) {
        var code: Int32 = 0
        var ended = false
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            while count < capacity && !ended {
                let got = read(descriptor, buffer.baseAddress! + count, capacity - count)
                if got > 0 {
                    count += got
                    ended = got == expected
                } else if got == 0 {
                    ended = true
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw .failed(path: path, doing: "reading", code: code) }
        return (bytes, ended)
    }
}

// The system's `write`; inside `Blob` its own method hides the name.
private func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }
