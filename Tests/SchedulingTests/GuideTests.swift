import Testing

@testable import AtelierScheduling

/// What docs/scheduling.md quotes.
@Suite("Guide to scheduling")
struct GuideTests {
    private let classes = [JobQueue.Class(name: "interactive", patience: 200_000_000), .init(name: "normal", patience: 2_000_000_000)]

    @Test("A job is asked for with what is predicted of it, and knows how long it waited")
    func asking() async throws {
        func convert(waited: UInt64) async throws -> String { "waited \(waited < .max / 2)" }

        let limits = JobQueue.Limits(slots: 4, capacity: 100, bytes: 2 << 30, classes: classes, sheddingInterval: 100_000_000)
        let admission = Admission(limits)
        let job = JobQueue.Job(client: "studio", place: 0, cost: 40_000_000, bytes: 64 << 20)
        let answer = try await admission.run(job) { turn in try await convert(waited: turn.begin - turn.asked) }

        #expect(answer == "waited true" && admission.load.peakBytes == 64 << 20)
    }
}
