#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// This program once more, in a process of its own, with an empty environment and without output.
struct ChildProcess {
    private let id: pid_t

    init(_ arguments: [String]) throws {
        var id = pid_t()
        let words: [UnsafeMutablePointer<CChar>?] = (["atelier-bench"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        guard posix_spawn(&id, "/proc/self/exe", &actions, nil, words, nil) == 0 else { throw Arguments.Problem(text: "no process starts") }
        self.id = id
    }

    /// Waits for its end; the status as the system gives it, 0 for success.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// Waits for its end; the status, the seconds a processor worked for it, and the most memory it held, in bytes.
    func waitForUsage() -> (status: Int32, seconds: Double, peakMemory: Int) {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(id, &status, 0, &usage) < 0 && errno == EINTR {}
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return (status, seconds(usage.ru_utime) + seconds(usage.ru_stime), Int(usage.ru_maxrss) << 10)
    }

    /// Ends it as `kill -9` does.
    func kill() { Glibc.kill(id, SIGKILL) }
}
