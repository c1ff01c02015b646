import AtelierProcessors
import Synchronization
import Testing

@Suite("Splitting and joining", .timeLimit(.minutes(20)))
struct StreamsTests {
    private struct Failure: Error, Equatable {}

    private func numbers(_ count: Int) -> PartStream {
        PartStream { output in for index in 0..<count { try await output.emit(Part("\(index)")) } }
    }

    @Test("Branches that are read together stay within their limits and hold the same")
    func splitTogether() async throws {
        let branches = try numbers(2000).split(into: 3, limits: .lowLatency)
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for branch in branches { group.addTask { try await branch.text() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(texts) == [(0..<2000).map { "\($0)" }.joined()])
    }

    @Test("A branch that is dropped, read or not, holds up nobody")
    func droppedBranch() async throws {
        var branches = try numbers(5000).split(into: 3, limits: .lowLatency)
        branches.removeLast()
        var left = branches.removeLast().makeAsyncIterator() as Optional
        _ = try await left?.next()
        left = nil
        #expect(try await branches[0].gather().count == 5000)
    }

    @Test("An error of the source reaches every branch")
    func splitError() async throws {
        let source = PartStream { output in
            try await output.emit("a")
            throw Failure()
        }
        for branch in try source.split(into: 2, limits: .unbounded) {
            var iterator = branch.makeAsyncIterator()
            #expect(try await iterator.next() == "a")
            await #expect(throws: Failure()) { try await iterator.next() }
        }
    }

    @Test("Streams one after the other are all read ahead, within limits")
    func concatenation() async throws {
        let second = Atomic(0)
        let later = PartStream { output in
            for _ in 0..<1000 {
                second.add(1, ordering: .relaxed)
                try await output.emit("b")
            }
        }
        let first = PartStream { output in
            while second.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            try await output.emit("a")
        }
        let output = try await PartStream.concatenation(of: [first, later, PartStream([])], limits: .lowLatency).gather()
        #expect(output.count == 1001 && output.first == "a")
    }

    @Test("Merging ends with the first stream if asked to")
    func merging() async throws {
        let endless = PartStream { output in while true { try await output.emit("e") } }
        let output = try await PartStream.merging([endless, numbers(10)], stopsAtFirstEnd: true).gather()
        #expect(output.filter { $0 != "e" }.count == 10)
        let failing = PartStream { _ in throw Failure() }
        let stuck = PartStream { _ in try await Task.sleep(for: .seconds(3600)) }
        await #expect(throws: Failure()) { try await PartStream.merging([stuck, failing]).drain() }
    }

    @Test("A switch whose case reads no further drops what comes for it")
    func switchDrops() async throws {
        let none = StreamFunction { _, output in try await output.emit("none") }
        let route = Switch([.init(when: { try $0.text.hasSuffix("1") }, none)], default: passThrough, limits: .lowLatency)
        let output = try await route(numbers(1000)).gather()
        #expect(output.count == 901 && output.contains("none"))
    }

    @Test("A source adds its parts; with the input it stops")
    func source() async throws {
        let finite = Source(stopsWithInput: false) { output in for _ in 0..<5 { try await output.emit("s") } }
        #expect(try await finite(["a", "b"]).gather().count == 7)
        let endless = Source { output in while true { try await output.emit("s") } }
        #expect(try await endless(["a", "b"]).gather().filter { $0 != "s" }.count == 2)
        for _ in 0..<20000 where RunningTasks.count > 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(RunningTasks.count == 0)
    }

    @Test("Members of a parallel concatenation that read to the end first do not block each other")
    func parallelConcatenation() async throws {
        let count = StreamFunction { input, output in
            var count = 0
            for try await _ in input { count += 1 }
            try await output.emit(Part("\(count)"))
        }
        let output = try await ParallelConcatenation([count, passThrough, count])(numbers(3000)).gather()
        #expect(output.count == 3002 && output.first == "3000" && output.last == "3000")
    }
}
