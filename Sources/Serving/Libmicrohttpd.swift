import AtelierMemo
import CAtelierMicroHTTPD

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The functions of libmicrohttpd, looked up once.
///
/// The library stays open for the life of the process.
struct Libmicrohttpd: @unchecked Sendable {  // Functions of a library never change.
    /// Nil when the library is not here or lacks a function.
    static let shared = Libmicrohttpd()

    let stop: mhd_stop_t, quiesce: mhd_quiesce_t, suspend: mhd_suspend_t, resume: mhd_resume_t
    let values: mhd_values_t, queue: mhd_queue_t, header: mhd_header_t, removeHeader: mhd_header_t
    let fromBuffer: mhd_from_buffer_t, fromCallback: mhd_from_callback_t, fromFile: mhd_from_file_t, destroy: mhd_destroy_t
    /// Variadic functions, called through the shim.
    private let start: UnsafeMutableRawPointer, info: UnsafeMutableRawPointer

    private init?() {
        guard let library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL) else { return nil }
        // The shim's header gives each function the type that the library's own header has.
        func function<T>(_ name: String, _: T.Type) -> T? { dlsym(library, name).map { unsafeBitCast($0, to: T.self) } }
        guard let stop = function("MHD_stop_daemon", mhd_stop_t.self),
            let quiesce = function("MHD_quiesce_daemon", mhd_quiesce_t.self),
            let suspend = function("MHD_suspend_connection", mhd_suspend_t.self),
            let resume = function("MHD_resume_connection", mhd_resume_t.self),
            let values = function("MHD_get_connection_values", mhd_values_t.self),
            let queue = function("MHD_queue_response", mhd_queue_t.self),
            let header = function("MHD_add_response_header", mhd_header_t.self),
            let removeHeader = function("MHD_del_response_header", mhd_header_t.self),
            let fromBuffer = function("MHD_create_response_from_buffer_with_free_callback_cls", mhd_from_buffer_t.self),
            let fromCallback = function("MHD_create_response_from_callback", mhd_from_callback_t.self),
            let fromFile = function("MHD_create_response_from_fd_at_offset64", mhd_from_file_t.self),
            let destroy = function("MHD_destroy_response", mhd_destroy_t.self),
            let start = dlsym(library, "MHD_start_daemon"), let info = dlsym(library, "MHD_get_connection_info")
        else { return nil }
        (self.stop, self.quiesce, self.suspend, self.resume) = (stop, quiesce, suspend, resume)
        (self.values, self.queue, self.header, self.removeHeader) = (values, queue, header, removeHeader)
        (self.fromBuffer, self.fromCallback, self.fromFile, self.destroy) = (fromBuffer, fromCallback, fromFile, destroy)
        (self.start, self.info) = (start, info)
    }

    /// A daemon with threads of its own; nil when it could not start. `options` end with an entry of zeros.
    func start(_ options: [AtelierMHDOption], user: UnsafeMutableRawPointer, handle: @escaping mhd_handle_t) -> OpaquePointer? {
        var options = options
        return options.withUnsafeMutableBufferPointer {
            atelier_mhd_start(start, UInt32(AtelierMHDFlags), handle, user, $0.baseAddress)
        }
    }

    /// The socket of a connection; -1 when it has none.
    func descriptor(of connection: OpaquePointer) -> Int32 { atelier_mhd_descriptor(info, connection) }

    /// What was kept with a connection when it came.
    func context(of connection: OpaquePointer) -> UnsafeMutableRawPointer? { atelier_mhd_context(info, connection) }

    /// The numeric address of the other side, without its port; empty for a socket of this machine's files.
    func client(of connection: OpaquePointer) -> String {
        guard let address = atelier_mhd_address(info, connection) else { return "" }
        let family = address.assumingMemoryBound(to: sockaddr.self).pointee.sa_family
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            text[0] = 0
            switch Int32(family) {
            case AF_INET:
                var part = address.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr
                inet_ntop(AF_INET, &part, text.baseAddress, socklen_t(INET6_ADDRSTRLEN))
            case AF_INET6:
                var part = address.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
                inet_ntop(AF_INET6, &part, text.baseAddress, socklen_t(INET6_ADDRSTRLEN))
            default: break
            }
            let whole = String(cString: text.baseAddress!)
            // An IPv4 client of a socket for both.
            return whole.hasPrefix("::ffff:") ? String(whole.dropFirst(7)) : whole
        }
    }

    // MARK: Responses

    /// A response of bytes, which it keeps; nil without memory.
    func response(of blob: Blob) -> OpaquePointer? {
        final class Owner { let blob: Blob; init(_ blob: Blob) { self.blob = blob } }
        let owner = Unmanaged.passRetained(Owner(blob))
        // The bytes of an array do not move while it lives and nobody changes it.
        return blob.withUnsafeBytes { bytes in
            fromBuffer(bytes.count, bytes.baseAddress, { Unmanaged<Owner>.fromOpaque($0!).release() }, owner.toOpaque())
        }
    }

    /// Adds header fields to a response.
    func add(_ fields: [(name: String, value: String)], to response: OpaquePointer) {
        for (name, value) in fields {
            name.withCString { name in value.withoutLineBreaks.withCString { _ = header(response, name, $0) } }
        }
    }

    /// Takes fields away that were added.
    func remove(_ fields: [(name: String, value: String)], from response: OpaquePointer) {
        for (name, value) in fields {
            name.withCString { name in value.withoutLineBreaks.withCString { _ = removeHeader(response, name, $0) } }
        }
    }
}

extension String {
    /// The text with control characters, which could begin another field, as spaces.
    fileprivate var withoutLineBreaks: String {
        let bytes = utf8.span
        for place in bytes.indices where bytes[place] < 0x20 {
            return String(decoding: utf8.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
        }
        return self
    }
}
