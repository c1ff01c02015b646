import Testing

@testable import AtelierScheduling

/// Files and a clock that the test sets.
private final class System: Sendable {
    private let state = Lock((files: [String: String](), microseconds: UInt64(0)))

    init(_ files: [String: String]) { state.withLock { $0.files = files } }

    func set(_ path: String, _ text: String?) { state.withLock { $0.files[path] = text } }
    func advance(microseconds: UInt64) { state.withLock { $0.microseconds += microseconds } }
    var gauge: MemoryGauge {
        MemoryGauge(text: { path in self.state.withLock { $0.files[path] } }) { self.state.withLock { $0.microseconds } }
    }
}

private func stalls(_ microseconds: Int) -> String {
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=\(microseconds)\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
}

@Suite("Memory pressure")
struct MemoryPressureTests {
    @Test("Stalls count from one reading to the next")
    func stalled() throws {
        let system = System(["/proc/pressure/memory": stalls(5_000_000)])
        var gauge = system.gauge
        #expect(gauge.read() == MemoryPressure(), "what came before is no news")
        system.advance(microseconds: 1_000_000)
        system.set("/proc/pressure/memory", stalls(5_250_000))
        #expect(gauge.read() == MemoryPressure(stalled: 0.25))
        system.advance(microseconds: 1_000_000)
        #expect(gauge.read() == MemoryPressure())
        system.set("/proc/pressure/memory", stalls(9_000_000))
        #expect(gauge.read() == MemoryPressure(), "no time has passed")
    }

    @Test("The tightest of the groups around the process counts, without file pages that can go")
    func groups() throws {
        let system = System([
            "/proc/self/cgroup": "3:memory:/old\n0::/a/b\n", "/sys/fs/cgroup/a/b/memory.current": "600\n",
            "/sys/fs/cgroup/a/b/memory.high": "max\n", "/sys/fs/cgroup/a/b/memory.max": "1000\n",
            "/sys/fs/cgroup/a/b/memory.stat": "anon 500\ninactive_file 100\nactive_file 7\n",
            "/sys/fs/cgroup/a/memory.current": "700\n", "/sys/fs/cgroup/a/memory.high": "1000\n", "/sys/fs/cgroup/a/memory.max": "2000\n",
        ])
        var gauge = system.gauge
        #expect(gauge.read() == MemoryPressure(used: 0.7))
        system.set("/sys/fs/cgroup/a/b/memory.current", "1000\n")
        #expect(gauge.read() == MemoryPressure(used: 0.9))
        system.set("/proc/pressure/memory", stalls(0))
        system.set("/sys/fs/cgroup/a/memory.pressure", stalls(0))
        _ = gauge.read()
        system.advance(microseconds: 100)
        system.set("/proc/pressure/memory", stalls(50))
        system.set("/sys/fs/cgroup/a/memory.pressure", stalls(10))
        #expect(gauge.read() == MemoryPressure(stalled: 0.1, used: 0.9), "stalls of the own group, not of the machine")
    }

    @Test(
        "What the system does not tell, or not as expected, is no pressure",
        arguments: [
            [:], ["/proc/self/cgroup": "nonsense"], ["/proc/self/cgroup": "0::/"], ["/proc/pressure/memory": "some total=x"],
            ["/proc/self/cgroup": "0::/../..", "/sys/fs/cgroup/memory.current": "1"],
            ["/sys/fs/cgroup/memory.current": "99", "/sys/fs/cgroup/memory.max": "max"],
            ["/sys/fs/cgroup/memory.current": "99", "/sys/fs/cgroup/memory.max": "0"],
        ])
    func nothing(files: [String: String]) {
        var gauge = System(files).gauge
        #expect(gauge.read() == nil)
    }

    @Test("The files of this system can be read")
    func real() {
        var gauge = MemoryGauge()
        guard let pressure = gauge.read() else { return }
        #expect((0...1).contains(pressure.stalled) && pressure.used >= 0)
    }

    @Test("Under pressure less is held at each reading, down to a sixteenth; after it more, up to the bound")
    func limits() {
        let strained = MemoryPressure(stalled: 0.2), between = MemoryPressure(used: 0.85), relaxed = MemoryPressure()
        #expect(strained.limit(after: 1_600, held: 800, most: 1_600) == 600)
        #expect(strained.limit(after: 600, held: 600, most: 1_600) == 450)
        #expect(strained.limit(after: 120, held: 120, most: 1_600) == 100)
        #expect(MemoryPressure(used: 0.95).limit(after: 1_600, held: 1_600, most: 1_600) == 1_200)
        #expect(between.limit(after: 450, held: 450, most: 1_600) == 450)
        #expect(relaxed.limit(after: 450, held: 450, most: 1_600) == 550)
        #expect(relaxed.limit(after: 1_550, held: 0, most: 1_600) == 1_600)
        #expect(relaxed.limit(after: 0, held: 0, most: 1) == 1)
    }

    @Test("The cache gives all it has before the pool gives anything, admission is last, and each gets back in the other order")
    func order() {
        let held = Lock([1_600, 320, 800])
        let yielding = [1_600, 320, 800].enumerated().map { place, most in
            Yielding(
                most: most, limit: { held.withLock { $0[place] } }, held: { held.withLock { $0[place] } },
                resize: { limit in held.withLock { $0[place] = limit } })
        }
        var states: [[Int]] = []
        for _ in 0..<40 {
            MemoryPressure(used: 0.95).apply(to: yielding)
            states.append(held.withLock { $0 })
        }
        let poolGives = states.firstIndex { $0[1] < 320 }!, admissionGives = states.firstIndex { $0[2] < 800 }!
        #expect(states[poolGives][0] == 100 && states[admissionGives][1] == 20 && poolGives < admissionGives)
        #expect(states.last == [100, 20, 50])
        MemoryPressure(used: 0.85).apply(to: yielding)
        #expect(held.withLock { $0 } == [100, 20, 50], "neither short nor plenty")
        states = []
        for _ in 0..<60 {
            MemoryPressure().apply(to: yielding)
            states.append(held.withLock { $0 })
        }
        let poolGrows = states.first { $0[1] > 20 }!, cacheGrows = states.first { $0[0] > 100 }!
        #expect(poolGrows[2] == 800 && cacheGrows[1] == 320 && states.last == [1_600, 320, 800])
    }
}
