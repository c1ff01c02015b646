/// What the process tells its caller.
public enum ExitCode: Int32, Hashable, Sendable {
    /// Everything asked for was done.
    case done = 0
    /// Some inputs failed; every other was delivered.
    case someFailed = 1
    /// The command line or an options file cannot be followed; nothing was done.
    case usage = 2
    /// Not one input could be read.
    case nothingRead = 3
    /// Every failure was a limit of size, time or memory.
    case limit = 4
    /// A check found something wrong.
    case checkFailed = 5
    /// Stopped by Ctrl-C or a request to end.
    case interrupted = 130
    /// Whoever read standard output has gone; nothing is said about it.
    case brokenPipe = 141
}
