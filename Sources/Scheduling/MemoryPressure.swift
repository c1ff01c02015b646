#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How short of memory the process is, as the kernel tells it.
public struct MemoryPressure: Sendable, Equatable {
    /// Share of the time since the reading before in which some task waited for memory, from 0 to 1.
    public var stalled: Double
    /// Part of what the tightest control group allows that is in use, without file pages that can go at once; 0 where
    /// nothing is bounded.
    public var used: Double

    /// A pressure from its parts.
    public init(stalled: Double = 0, used: Double = 0) {
        self.stalled = stalled
        self.used = used
    }

    /// How many bytes something that can let go should hold from now on: under pressure three quarters of what it holds, and
    /// when that is over a sixteenth of its bound more at each reading.
    ///
    /// Pressure is a tenth of the time stalled or nine tenths of the bound used; it is over below a hundredth and eight
    /// tenths. Between the two nothing changes, so that what is given back does not return at once.
    ///
    /// - Parameters:
    ///   - limit: What it may hold now.
    ///   - held: What it holds now.
    ///   - most: What it may hold without pressure. A sixteenth of it is always allowed.
    public func limit(after limit: Int, held: Int, most: Int) -> Int {
        if stalled >= 0.1 || used >= 0.9 { return max(most / 16, min(limit, held) / 4 * 3) }
        if stalled < 0.01, used < 0.8 { return min(most, limit + max(1, most / 16)) }
        return limit
    }
}

/// Something that can hold less when memory is short: a cache, a pool, work that is admitted.
package struct Yielding: Sendable {
    /// Bytes it may hold without pressure.
    package var most: Int
    /// Bytes it may hold now, and holds now.
    package var limit: @Sendable () -> Int, held: @Sendable () -> Int
    /// Changes what it may hold.
    package var resize: @Sendable (_ limit: Int) -> Void

    package init(
        most: Int, limit: @escaping @Sendable () -> Int, held: @escaping @Sendable () -> Int,
        resize: @escaping @Sendable (_ limit: Int) -> Void
    ) {
        self.most = most
        self.limit = limit
        self.held = held
        self.resize = resize
    }
}

extension MemoryPressure {
    /// Lets one of several give something back, or take it back.
    ///
    /// Under pressure it is the first that has anything left to give; what stands behind it keeps all until then. When pressure is over
    /// the last is whole again before the one ahead of it grows. So put first what costs least to lose: a cache, whose entries can be
    /// made again, then pools, then admission, which makes work wait.
    package func apply(to yielding: [Yielding]) {
        func change(_ one: Yielding, _ isWanted: (_ before: Int, _ after: Int) -> Bool) -> Bool {
            let before = one.limit(), after = limit(after: before, held: one.held(), most: one.most)
            guard isWanted(before, after) else { return false }
            one.resize(after)
            return true
        }
        _ = yielding.contains { change($0) { $1 < $0 } } || yielding.reversed().contains { change($0) { $1 > $0 } }
    }
}

/// Reads the pressure stall information of Linux and the bounds of control groups (version 2).
///
///     var gauge = MemoryGauge()
///     while let pressure = gauge.read() { … }
///
/// Sources: `Documentation/accounting/psi.rst` and `Documentation/admin-guide/cgroup-v2.rst` of the kernel.
public struct MemoryGauge: Sendable {
    private let text: @Sendable (_ path: String) -> String?
    private let microseconds: @Sendable () -> UInt64
    /// The group of the process and all above it, innermost first.
    private let groups: [String]
    private var last: (stalled: UInt64, at: UInt64)?

    /// A gauge over the files of this system.
    public init() {
        self.init(text: contents, microseconds: monotonicMicroseconds)
    }

    /// - Parameters:
    ///   - text: The contents of a file; nil where there is none.
    ///   - microseconds: A clock that never goes back.
    package init(text: @escaping @Sendable (_ path: String) -> String?, microseconds: @escaping @Sendable () -> UInt64) {
        self.text = text
        self.microseconds = microseconds
        let lines = (text("/proc/self/cgroup") ?? "").split(separator: "\n")
        var path = lines.first { $0.hasPrefix("0::/") }?.dropFirst(3) ?? ""
        while path.last == "/" { path.removeLast() }
        var groups: [String] = []
        while !path.isEmpty {
            groups.append("/sys/fs/cgroup" + path)
            path = path[..<path.lastIndex(of: "/")!]
        }
        self.groups = groups + ["/sys/fs/cgroup"]
    }

    /// The pressure since the reading before, or since the start of the system; nil when this system tells nothing.
    public mutating func read() -> MemoryPressure? {
        let now = microseconds()
        // Of the own group where it has the file; that also shows what the rest of the machine does to it.
        let stalled = (groups.map { $0 + "/memory.pressure" } + ["/proc/pressure/memory"]).lazy.compactMap(text).first.flatMap(total)
        let used = groups.compactMap(usedPart).max()
        if stalled == nil, used == nil { return nil }
        var pressure = MemoryPressure(used: used ?? 0)
        if let stalled {
            if let last, now > last.at, stalled >= last.stalled {
                pressure.stalled = min(1, Double(stalled - last.stalled) / Double(now - last.at))
            }
            last = (stalled, now)
        }
        return pressure
    }

    /// Bytes the process may have, by the tightest of its groups; nil where nothing is bounded.
    public var limit: Int? { groups.compactMap(bound).min().map { Int($0) } }

    /// Microseconds in which some task was stalled: `some avg10=0.00 avg60=0.00 avg300=0.00 total=12`.
    private func total(_ text: String) -> UInt64? {
        let some = text.split(separator: "\n").first { $0.hasPrefix("some ") }
        return some?.split(separator: " ").first { $0.hasPrefix("total=") }.flatMap { UInt64($0.dropFirst(6)) }
    }

    /// A file that holds one number; nil for `max`.
    private func number(_ name: String, of group: String) -> Double? {
        text("\(group)/\(name)").flatMap { Double($0.filter { $0 != "\n" }) }
    }

    /// The most a group may use before it is held back or ended.
    private func bound(_ group: String) -> Double? {
        [number("memory.high", of: group), number("memory.max", of: group)].compactMap(\.self).min()
    }

    /// What a group uses of its bound; nil when it has none.
    private func usedPart(_ group: String) -> Double? {
        guard let current = number("memory.current", of: group), let bound = bound(group), bound > 0 else { return nil }
        let lines = (text("\(group)/memory.stat") ?? "").split(separator: "\n")
        let reclaimable = lines.first { $0.hasPrefix("inactive_file ") }.flatMap { Double($0.dropFirst("inactive_file ".count)) } ?? 0
        return max(0, current - reclaimable) / bound
    }
}

/// A small file as text; nil where it cannot be read.
@Sendable private func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
        count = max(0, read(descriptor, buffer.baseAddress!, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
}

@Sendable private func monotonicMicroseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1_000
}
