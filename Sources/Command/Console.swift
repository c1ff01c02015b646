import AtelierMemo

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The three standard descriptors. Data goes to `output`, every other word to `errors`.
public struct Console: Sendable {
    /// File descriptors of standard input, output and errors.
    public var input: Int32, output: Int32, errors: Int32

    /// The process's own by default.
    public init(input: Int32 = 0, output: Int32 = 1, errors: Int32 = 2) {
        (self.input, self.output, self.errors) = (input, output, errors)
    }

    /// Writes data to standard output.
    /// - Throws: `SystemError`, with `isBrokenPipe` when the reader has gone.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try writeAll(bytes, to: output, called: "standard output") }

    /// Writes a text to standard output.
    func write(_ text: String) throws(SystemError) { try write(Array(text.utf8)) }

    /// Writes bytes to standard output.
    func write(_ bytes: [UInt8]) throws(SystemError) { try writeAll(bytes, to: output, called: "standard output") }

    /// Says one line on standard error.
    func say(_ line: String) { sayWithoutEnd(line + "\n") }

    /// Says part of a line on standard error.
    func sayWithoutEnd(_ text: String) {
        // A message nobody can read is no reason to stop.
        try? writeAll(Array(text.utf8), to: errors, called: "standard error")
    }

    /// Reads a file to its end, or standard input for `-`.
    func read(_ path: String, limit: Int) throws(Blob.FileError) -> Blob {
        guard path == "-" else { return try Blob.reading(path: path, limit: limit) }
        return try Blob.reading(descriptor: input, path: "standard input", limit: limit)
    }

    /// Whether data is read on a terminal.
    var outputIsOnTerminal: Bool { isatty(output) == 1 }

    /// Whether messages are read on a terminal.
    var errorsAreOnTerminal: Bool { isatty(errors) == 1 }

    /// Whether reading standard input would wait for somebody to type.
    var inputIsTerminal: Bool { isatty(input) == 1 }
}

/// Writes all bytes to a descriptor.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, called name: String) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw SystemError("\(name): cannot write")
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
}

/// Writes all bytes of an array to a descriptor.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, called name: String) throws(SystemError) {
    let outcome: Result<Void, SystemError> = bytes.withUnsafeBytes { bytes in
        do throws(SystemError) { return .success(try writeAll(bytes, to: descriptor, called: name)) } catch { return .failure(error) }
    }
    try outcome.get()
}

/// A refusal of the operating system.
struct SystemError: Error, Hashable, CustomStringConvertible {
    /// What was tried, and on what.
    var action: String
    /// `errno` when it failed.
    var code: Int32

    /// Takes `errno`, which must not have been disturbed since the failure.
    init(_ action: String) {
        code = errno
        self.action = action
    }

    /// Whether the reader of a pipe has gone.
    var isBrokenPipe: Bool { code == EPIPE }

    var description: String { "\(action): \(reason)" }

    /// The system's words for the refusal, in lower case.
    var reason: String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// A name from outside that is about to be shown: control characters are written as `\u{1b}`, so that a file name can neither
/// move the cursor nor start a line of its own.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
    return text.unicodeScalars.map { $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0) }.joined()
}

/// A sentence from elsewhere as it stands in a line of messages: without its full stop and without control characters.
func sentence(_ error: some Error) -> String {
    let text = "\(error)"
    return printable(text.hasSuffix(".") ? String(text.dropLast()) : text)
}
