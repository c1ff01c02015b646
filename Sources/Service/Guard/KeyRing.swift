import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The keys of a running service: the file is read again when it has changed, which is looked at once a second.
package final class KeyRing: Sendable {
    private struct State {
        var keys: [APIKey]
        var stamp: Stamp?
        /// When the file is looked at next, in seconds of any clock that never goes back.
        var next: Double
    }

    /// What changes when a file does, or who may read it.
    private struct Stamp: Hashable {
        var inode: UInt64, size: Int, seconds: Int, nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (inode, size) = (UInt64(status.st_ino), Int(status.st_size))
            (seconds, nanoseconds) = (Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec))
        }
    }

    private let file: KeyFile, state: Lock<State>
    private let now: @Sendable () -> Double
    private let warn: @Sendable (KeyFile.Failure) -> Void

    /// - Parameters:
    ///   - now: Seconds of a clock that never goes back.
    ///   - warn: Told of a file that cannot be read any more; the keys that were known stay.
    package init(
        _ file: KeyFile, now: @escaping @Sendable () -> Double, warn: @escaping @Sendable (KeyFile.Failure) -> Void
    ) throws(KeyFile.Failure) {
        (self.file, self.now, self.warn) = (file, now, warn)
        let stamp = Stamp(file.path)
        state = Lock(State(keys: try file.read(), stamp: stamp, next: now() + 1))
    }

    /// Whether nobody has a key.
    package var isEmpty: Bool { current.isEmpty }

    /// The key that a text is.
    package func find(_ text: String) -> APIKey? { APIKey.find(text, among: current) }

    private var current: [APIKey] {
        let now = now()
        let (keys, failure): ([APIKey], KeyFile.Failure?) = state.withLock { state in
            guard now >= state.next else { return (state.keys, nil) }
            state.next = now + 1
            let stamp = Stamp(file.path)
            guard stamp != state.stamp else { return (state.keys, nil) }
            state.stamp = stamp
            do throws(KeyFile.Failure) { state.keys = try file.read() } catch { return (state.keys, error) }
            return (state.keys, nil)
        }
        if let failure { warn(failure) }
        return keys
    }
}
