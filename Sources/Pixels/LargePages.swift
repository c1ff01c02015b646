#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Array {
    /// As `init(unsafeUninitializedCapacity:initializingWith:)`, for the pixels of a picture: of four megabytes on in large pages where the
    /// kernel gives them (transparent huge pages of Linux, unless they are set to `never`).
    ///
    /// The first write to each page of 4 KiB is a call of the kernel, and more than a quarter of the time of tracing a drawing of ten megapixels was
    /// that; a large page is 512 of them.
    @inlinable
    public init(
        inLargePages capacity: Int, initializingWith initializer: (inout UnsafeMutableBufferPointer<Element>, inout Int) throws -> Void
    ) rethrows {
        try self.init(unsafeUninitializedCapacity: capacity) { memory, count in
            preferLargePages(UnsafeMutableRawBufferPointer(memory))
            try initializer(&memory, &count)
        }
    }
}

/// Asks for large pages behind memory that nothing has been written to yet; of less than four megabytes, and elsewhere than on Linux, does nothing.
public func preferLargePages(_ memory: UnsafeMutableRawBufferPointer) {
    #if canImport(Glibc) || canImport(Musl)
        guard memory.count >= 4 << 20, let base = memory.baseAddress else { return }
        let page = 4096, start = (Int(bitPattern: base) + page - 1) / page * page,
            end = (Int(bitPattern: base) + memory.count) / page * page
        // An advice: where the kernel does not take it, pages stay small.
        madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, MADV_HUGEPAGE)
    #endif
}
