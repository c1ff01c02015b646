public import AtelierMemo
import AtelierScheduling
import CAtelierMicroHTTPD

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An answer that many requests get, each with some fields of its own: the library's object for it is made once and lent to one request
/// after the other. Making and freeing one takes 4 µs, which is a fifth of what an answer of 10 kB takes in all.
public final class PreparedResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The body.
    public let bytes: Blob
    private let fields: [(name: String, value: String)]
    private let state = Lock(State())
    /// A file in memory with the bytes, of many: the kernel sends it without a copy of its own for each request.
    private let file: Int32?

    /// The library's object, with the fields of the request that has it.
    struct Loan: @unchecked Sendable {  // One request has it.
        let response: OpaquePointer
        /// Whether it has a descriptor.
        let isOfFile: Bool
        var fields: [(name: String, value: String)] = []
    }

    private struct State {
        var idle: [Loan] = []
        /// Objects with a descriptor, lent or idle.
        var files = 0
    }

    /// Most objects that are kept while nobody has them; and most that have descriptors, which are for clients and bodies.
    private var mostIdle: Int { file == nil ? 32 : 4 }
    private static let mostFiles = 64
    /// From how many bytes on a file is worth it.
    private static let leastOfFile = 128 << 10

    /// An answer from its parts; `fields` are those that all requests get.
    public init(status: Int, fields: [(name: String, value: String)], bytes: Blob) {
        self.status = status
        self.fields = fields
        self.bytes = bytes
        file = bytes.count < Self.leastOfFile ? nil : Self.file(with: bytes)
    }

    /// Nil where there is no descriptor or no memory for one.
    private static func file(with bytes: Blob) -> Int32? {
        let file = atelier_memory_file()
        guard file >= 0 else { return nil }
        if (try? bytes.write(to: file)) != nil { return file }
        close(file)
        return nil
    }

    /// Lends an object with these fields beside its own; nil when there is no memory for another.
    func lend(with fields: [(name: String, value: String)], by library: Libmicrohttpd) -> Loan? {
        guard var loan = state.withLock({ $0.idle.popLast() }) ?? made(by: library) else { return nil }
        library.add(fields, to: loan.response)
        loan.fields = fields
        return loan
    }

    private func made(by library: Libmicrohttpd) -> Loan? {
        var copy: Int32 = -1
        if let file, state.withLock({ $0.files < Self.mostFiles }) { copy = fcntl(file, F_DUPFD_CLOEXEC, 0) }
        // The object closes its descriptor.
        let ofFile = copy < 0 ? nil : library.fromFile(UInt64(bytes.count), copy, 0)
        if ofFile == nil, copy >= 0 {
            close(copy)
            copy = -1
        }
        guard let response = ofFile ?? library.response(of: bytes) else { return nil }
        if copy >= 0 { state.withLock { $0.files += 1 } }
        library.add(fields, to: response)
        return Loan(response: response, isOfFile: copy >= 0)
    }

    /// Takes back what was lent.
    func giveBack(_ loan: Loan, to library: Libmicrohttpd) {
        library.remove(loan.fields, from: loan.response)
        let isKept = state.withLock { state in
            guard state.idle.count < mostIdle else {
                if loan.isOfFile { state.files -= 1 }
                return false
            }
            state.idle.append(Loan(response: loan.response, isOfFile: loan.isOfFile))
            return true
        }
        if !isKept { library.destroy(loan.response) }
    }

    deinit {
        guard let library = Libmicrohttpd.shared else { return }
        for loan in state.withLock({ $0.idle }) { library.destroy(loan.response) }
        if let file { close(file) }
    }
}
