import CAtelierCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The functions of libcurl, looked up once.
///
/// The library stays open for the life of the process.
struct Libcurl: @unchecked Sendable {  // Functions of a library never change; each handle is used by one thread at a time.
    /// Nil when the library is not here or lacks a function.
    static let shared = Libcurl()

    let makeEasy: curl_easy_init_t, releaseEasy: curl_easy_cleanup_t, pause: curl_easy_pause_t, words: curl_easy_strerror_t
    let append: curl_slist_append_t, releaseList: curl_slist_free_all_t
    let makeMulti: curl_multi_init_t, releaseMulti: curl_multi_cleanup_t
    let add: curl_multi_add_handle_t, remove: curl_multi_remove_handle_t
    let perform: curl_multi_perform_t, poll: curl_multi_poll_t, wake: curl_multi_wakeup_t, message: curl_multi_info_read_t
    /// Variadic functions, called through the shim.
    private let setopt: UnsafeMutableRawPointer, getinfo: UnsafeMutableRawPointer

    private init?() {
        let names = ["libcurl.so.4", "libcurl-gnutls.so.4"]
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_LAZY | RTLD_LOCAL) }).first else { return nil }
        // The shim's header gives each function the type that the library's own header has.
        func function<T>(_ name: String, _: T.Type) -> T? { dlsym(library, name).map { unsafeBitCast($0, to: T.self) } }
        guard let initialize = function("curl_global_init", curl_global_init_t.self),
            let makeEasy = function("curl_easy_init", curl_easy_init_t.self),
            let releaseEasy = function("curl_easy_cleanup", curl_easy_cleanup_t.self),
            let pause = function("curl_easy_pause", curl_easy_pause_t.self),
            let words = function("curl_easy_strerror", curl_easy_strerror_t.self),
            let append = function("curl_slist_append", curl_slist_append_t.self),
            let releaseList = function("curl_slist_free_all", curl_slist_free_all_t.self),
            let makeMulti = function("curl_multi_init", curl_multi_init_t.self),
            let releaseMulti = function("curl_multi_cleanup", curl_multi_cleanup_t.self),
            let add = function("curl_multi_add_handle", curl_multi_add_handle_t.self),
            let remove = function("curl_multi_remove_handle", curl_multi_remove_handle_t.self),
            let perform = function("curl_multi_perform", curl_multi_perform_t.self),
            let poll = function("curl_multi_poll", curl_multi_poll_t.self),
            let wake = function("curl_multi_wakeup", curl_multi_wakeup_t.self),
            let message = function("curl_multi_info_read", curl_multi_info_read_t.self),
            let setopt = dlsym(library, "curl_easy_setopt"), let getinfo = dlsym(library, "curl_easy_getinfo"),
            // 3 is CURL_GLOBAL_ALL. Not safe beside other threads that use the library, of which there are none yet.
            initialize(3) == 0
        else { return nil }
        (self.makeEasy, self.releaseEasy, self.pause, self.words) = (makeEasy, releaseEasy, pause, words)
        (self.append, self.releaseList) = (append, releaseList)
        (self.makeMulti, self.releaseMulti, self.add, self.remove) = (makeMulti, releaseMulti, add, remove)
        (self.perform, self.poll, self.wake, self.message) = (perform, poll, wake, message)
        (self.setopt, self.getinfo) = (setopt, getinfo)
    }

    func set(_ easy: OpaquePointer, _ option: Int, _ value: Int) {
        _ = atelier_curl_set_long(setopt, easy, Int32(option), value)
    }

    func set(_ easy: OpaquePointer, size option: Int, _ value: Int) {
        _ = atelier_curl_set_size(setopt, easy, Int32(option), Int64(value))
    }

    func set(_ easy: OpaquePointer, _ option: Int, _ value: UnsafeRawPointer?) {
        _ = atelier_curl_set_pointer(setopt, easy, Int32(option), value)
    }

    /// The library copies the text.
    func set(_ easy: OpaquePointer, _ option: Int, _ value: String) {
        value.withCString { _ = atelier_curl_set_pointer(setopt, easy, Int32(option), $0) }
    }

    func set(_ easy: OpaquePointer, _ option: Int, _ value: @escaping curl_write_callback_t) {
        _ = atelier_curl_set_function(setopt, easy, Int32(option), value)
    }

    func set(_ easy: OpaquePointer, socket option: Int, _ value: curl_socket_callback_t) {
        _ = atelier_curl_set_socket_function(setopt, easy, Int32(option), value)
    }

    func size(_ easy: OpaquePointer, _ info: Int) -> Int64 {
        var value: Int64 = 0
        _ = atelier_curl_get_size(getinfo, easy, Int32(info), &value)
        return value
    }
}
