import CAtelierRsvg

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Facts about the room as a whole.
public enum Rasterizing {
    /// What draws here, for the key of whatever is made from its pixels: the library's file and cairo's by name, size and time, which
    /// a package keeps on every machine; `none` without them. Costs a few look-ups in folders; the libraries are not opened.
    public static let library: String = {
        guard let rsvg = LibraryFile(named: "librsvg-2.so.2"), let cairo = LibraryFile(named: "libcairo.so.2") else { return "none" }
        return "\(rsvg.identity) on \(cairo.identity)"
    }()
}

/// A shared library where the system's linker would find it.
struct LibraryFile {
    /// Where it lies.
    let path: String
    /// The file's own name (with its version), size and time of change.
    let identity: String

    /// Looks through the folders that the linker's environment names, then the system's own.
    init?(named name: String) {
        let extra = getenv("LD_LIBRARY_PATH").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
        #if arch(arm64)
            let triplet = "aarch64-linux-gnu"
        #else
            let triplet = "x86_64-linux-gnu"
        #endif
        let folders =
            extra + ["/usr/local/lib/\(triplet)", "/usr/local/lib", "/usr/lib/\(triplet)", "/lib/\(triplet)", "/usr/lib64", "/usr/lib"]
        for folder in folders {
            let path = "\(folder)/\(name)"
            guard let real = realpath(path, nil) else { continue }
            defer { free(real) }
            var facts = stat()
            guard stat(real, &facts) == 0 else { continue }
            let file = String(cString: real).split(separator: "/").last.map(String.init) ?? name
            self.path = path
            identity = "\(file) of \(facts.st_size) bytes and \(facts.st_mtim.tv_sec) s"
            return
        }
        return nil
    }
}

/// The functions of librsvg and cairo, looked up once.
///
/// The library stays open for the life of the process.
struct Librsvg: @unchecked Sendable {  // Functions of a library never change; each call works on objects of its own thread.
    /// Nil when the library is not here or lacks a function.
    static let shared = Librsvg()

    let open: rsvg_handle_new_from_data_t, draw: rsvg_handle_render_document_t
    let release: g_object_unref_t, releaseError: g_error_free_t
    let createSurface: cairo_image_surface_create_t, destroySurface: cairo_surface_destroy_t, flush: cairo_surface_flush_t
    let data: cairo_image_surface_get_data_t, stride: cairo_image_surface_get_stride_t
    let createCanvas: cairo_create_t, destroyCanvas: cairo_destroy_t, status: cairo_status_t

    private init?() {
        // Opened at the place that `Rasterizing.library` names, so that both mean one file.
        guard let file = LibraryFile(named: "librsvg-2.so.2"), let library = dlopen(file.path, RTLD_LAZY | RTLD_LOCAL) else { return nil }
        // What librsvg is linked with is found through it.
        func function<T>(_ name: String, _: T.Type) -> T? { dlsym(library, name).map { unsafeBitCast($0, to: T.self) } }
        guard let open = function("rsvg_handle_new_from_data", rsvg_handle_new_from_data_t.self),
            let draw = function("rsvg_handle_render_document", rsvg_handle_render_document_t.self),
            let release = function("g_object_unref", g_object_unref_t.self),
            let releaseError = function("g_error_free", g_error_free_t.self),
            let createSurface = function("cairo_image_surface_create", cairo_image_surface_create_t.self),
            let destroySurface = function("cairo_surface_destroy", cairo_surface_destroy_t.self),
            let flush = function("cairo_surface_flush", cairo_surface_flush_t.self),
            let data = function("cairo_image_surface_get_data", cairo_image_surface_get_data_t.self),
            let stride = function("cairo_image_surface_get_stride", cairo_image_surface_get_stride_t.self),
            let createCanvas = function("cairo_create", cairo_create_t.self),
            let destroyCanvas = function("cairo_destroy", cairo_destroy_t.self),
            let status = function("cairo_status", cairo_status_t.self)
        else { return nil }
        (self.open, self.draw, self.release, self.releaseError) = (open, draw, release, releaseError)
        (self.createSurface, self.destroySurface, self.flush, self.data, self.stride) = (createSurface, destroySurface, flush, data, stride)
        (self.createCanvas, self.destroyCanvas, self.status) = (createCanvas, destroyCanvas, status)
    }

    /// What the library says, taken over and given back.
    func refusal(_ problem: UnsafeMutablePointer<GError>?) -> RasterizingError {
        guard let problem else { return .refused("no reason") }
        defer { releaseError(problem) }
        return .refused(problem.pointee.message.map { String(cString: $0) } ?? "no reason")
    }
}
