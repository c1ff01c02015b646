import Synchronization
import Testing

@testable import AtelierTelemetry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of its own, so that its lane holds nothing else.
private func onOwnThread(_ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let begin: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
        return nil
    }
    precondition(pthread_create(&thread, nil, begin, Unmanaged.passRetained(Work(body)).toOpaque()) == 0)
    pthread_join(thread, nil)
}

/// What is noted under names that begin with a word while a thread of its own does something. Read by that thread: when it has ended,
/// others write where it wrote.
private func spans(_ word: String, of body: @escaping @Sendable () -> Void) -> [Timeline.Span] {
    final class Found: Sendable {
        /// Written by the thread, read when it was joined.
        nonisolated(unsafe) var spans: [Timeline.Span] = []
    }
    let found = Found()
    onOwnThread {
        body()
        found.spans = spans(word)
    }
    return found.spans
}

/// What was noted under names that begin with a word of the test's own.
private func spans(_ word: String) -> [Timeline.Span] {
    Timeline.recent(seconds: 3600).lanes.flatMap(\.spans).filter { $0.name.hasPrefix(word) }
}

@Suite("Spans", .serialized)
struct SpanTests {
    @Test("A name is the same number for the same text and another for another")
    func names() {
        #expect(SpanName("names.one") == SpanName("names.one"))
        #expect(SpanName("names.one") != SpanName("names.two"))
        #expect(SpanName("names.ä").text == "names.ä")
        #expect(SpanName("").text.isEmpty)
    }

    @Test("Spans nest; what is inside is as long at most, and one level deeper")
    func nesting() {
        let found = spans("nest.") {
            withSpan(SpanName("nest.outer")) {
                withSpan(SpanName("nest.first")) {}
                withSpan(SpanName("nest.second")) { withSpan(SpanName("nest.inmost")) {} }
            }
        }
        #expect(found.map(\.name) == ["nest.outer", "nest.first", "nest.second", "nest.inmost"])
        #expect(found.map(\.depth) == [0, 1, 1, 2])
        for span in found.dropFirst() { #expect(span.begin >= found[0].begin && span.end <= found[0].end) }
        #expect(found[1].end <= found[2].begin)
    }

    @Test("A span that throws ends, and passes the error on")
    func throwing() {
        struct Refusal: Error {}
        let found = spans("throw.") {
            #expect(throws: Refusal.self) { try withSpan(SpanName("throw.one")) { throw Refusal() } }
            withSpan(SpanName("throw.two")) {}
        }
        #expect(found.map(\.depth) == [0, 0])
    }

    @Test("An open span says what came of it; ending it twice counts once")
    func details() throws {
        let found = spans("open.") {
            let span = OpenSpan(SpanName("open.one"))
            withSpan(SpanName("open.inner")) {}
            span.end(byteCount: 12, waited: 34)
            span.end(byteCount: 56)
        }
        #expect(found.map(\.name) == ["open.one", "open.inner"])
        let first = try #require(found.first)
        #expect(first.byteCount == 12)
        #expect(first.waited == 34)
        #expect(!first.isOpen)
    }

    @Test("Whoever leaves a thread ends its spans there, and ending them elsewhere does nothing")
    func leaving() {
        let found = spans("leave.") {
            let span = OpenSpan(SpanName("leave.outer")), inner = OpenSpan(SpanName("leave.inner"))
            OpenSpan.leave()
            onOwnThread { span.end() }
            withSpan(SpanName("leave.next")) { inner.end() }
        }
        #expect(found.map(\.depth) == [0, 1, 0])
    }

    @Test("An open span is seen while it is open, up to the moment of looking")
    func open() {
        let closed = spans("still.") {
            withSpan(SpanName("still.outer")) {
                withSpan(SpanName("still.inner")) {
                    let found = spans("still.")
                    #expect(found.map(\.name) == ["still.outer", "still.inner"])
                    #expect(found.allSatisfy { $0.isOpen && $0.end >= $0.begin })
                }
            }
        }
        #expect(closed.count == 2 && closed.allSatisfy { !$0.isOpen })
    }

    @Test("Deeper than 32 only the count is kept, and what comes after is right")
    func deep() {
        let found = spans("deep.") {
            func nest(_ depth: Int) {
                withSpan(SpanName("deep.\(depth)")) { if depth < 40 { nest(depth + 1) } }
            }
            nest(0)
            withSpan(SpanName("deep.after")) {}
        }
        #expect(found.count == 33)
        #expect(found.last?.name == "deep.after" && found.last?.depth == 0)
    }

    @Test("A lane keeps the last 4095 spans, and a reader who comes too late gets those")
    func ring() {
        let found = spans("ring.") {
            let name = SpanName("ring.one")
            for number in 0..<10_000 { OpenSpan(name).end(byteCount: number) }
        }
        #expect(found.map(\.byteCount) == Array((10_000 - 4095)..<10_000))
    }

    @Test("A reader copies whole spans while another thread writes")
    func readingWhileWriting() {
        let names = (0..<8).map { SpanName("race.\($0)") }
        onOwnThread {
            // What was written before a reader began is none of its business.
            var reader = LaneReader(from: .now), seen = 0
            let writer = Thread {
                // The bytes say the name, the wait says the bytes: a mixture of two spans would not fit.
                for number in 0..<200_000 { OpenSpan(names[number % 8]).end(byteCount: number, waited: UInt64(number) &* 7) }
            }
            repeat {
                reader.read()
                seen += 1
            } while !writer.isDone
            writer.join()
            reader.read()
            let found = reader.timeline(from: 0, to: .max).lanes.flatMap(\.spans).filter { $0.name.hasPrefix("race.") && !$0.isOpen }
            #expect(
                found.allSatisfy { $0.name == "race.\($0.byteCount % 8)" && $0.waited == UInt64($0.byteCount) * 7 && $0.end >= $0.begin })
            #expect(found.count + reader.lost >= 200_000 && seen > 0)
        }
    }
}

/// A thread that says when it is done.
private final class Thread: Sendable {
    private final class State: Sendable {
        let body: @Sendable () -> Void
        let isDone = DoneFlag()
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let state: State, thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) {
        state = State(body)
        var thread = pthread_t()
        let begin: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
            let state = Unmanaged<State>.fromOpaque(pointer!).takeRetainedValue()
            state.body()
            state.isDone.set()
            return nil
        }
        precondition(pthread_create(&thread, nil, begin, Unmanaged.passRetained(state).toOpaque()) == 0)
        self.thread = thread
    }

    var isDone: Bool { state.isDone.value }
    func join() { pthread_join(thread, nil) }
}

/// Set once.
private final class DoneFlag: Sendable {
    private let flag = Atomic(false)
    var value: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
