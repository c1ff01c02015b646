import AtelierMemo
import AtelierScheduling
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

@Suite("Time limits and further tries")
struct PatienceTests {
    private let job = Job(inputs: [Input(path: "a.png", relative: "a.png")], output: "a.svg", format: .svg)

    private func outcome(_ failure: Failure?) -> Outcome {
        let made = Made(byteCount: 1, digest: "", delivery: .written, isCached: false, remarks: [])
        return Outcome(job: job, made: failure == nil ? made : nil, failures: failure.map { [$0] } ?? [], seconds: 0)
    }

    @Test("What takes too long is cancelled and is a limit; the sentence names the flag")
    func timeout() async {
        let patience = Patience(timeout: .seconds(5), wait: { _ in })
        let result = await patience.make(job, on: nil) { [self] _ in
            // Nobody but the limit ends this.
            while !Task.isCancelled { await Task.yield() }
            return outcome(Failure(kind: .cancelled, message: "interrupted"))
        }
        #expect(result.failures.map(\.kind) == [.limit] && result.failures[0].input == "a.png")
        #expect(result.failures[0].message == "a.png: not done within the 5s of --item-timeout; raise it or leave the file out")
    }

    @Test("What is done in time is what counts, and so is what ended for other reasons")
    func inTime() async {
        let never: @Sendable (Duration) async throws -> Void = { _ in while true { try await Task.sleep(for: .seconds(3600)) } }
        let patience = Patience(timeout: .seconds(5), wait: never)
        let made = await patience.make(job, on: nil) { [self] _ in outcome(nil) }
        #expect(made.made != nil)
        let bad = Failure(kind: .reading, message: "bad")
        let failed = await patience.make(job, on: nil) { [self] _ in outcome(bad) }
        #expect(failed.failures == [bad])
    }

    @Test("Failures that may pass are tried again after growing pauses, as often as allowed")
    func retries() async {
        let pauses = Lock([Duration]()), tries = Lock(0)
        let passing = Failure(kind: .reading, message: "too many open files", mayPass: true)
        func make(_ retries: Int, failing: Int) async -> Outcome {
            tries.withLock { $0 = 0 }
            pauses.withLock { $0 = [] }
            let patience = Patience(retries: retries) { duration in pauses.withLock { $0.append(duration) } }
            return await patience.make(job, on: nil) { [self] _ in
                let count = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                return outcome(count <= failing ? passing : nil)
            }
        }
        #expect(await make(3, failing: 2).made != nil)
        #expect(pauses.withLock { $0 } == [.milliseconds(100), .milliseconds(200)])
        #expect(await make(3, failing: 9).failures == [passing])
        #expect(tries.withLock { $0 } == 4)
        #expect(await make(0, failing: 1).made == nil)
        #expect(tries.withLock { $0 } == 1)
        #expect(Patience.pause(after: 7) == .seconds(5) && Patience.pause(after: 90) == .seconds(5))
    }

    @Test("Bad input is never tried again")
    func badInput() async {
        let tries = Lock(0)
        let result = await Patience(retries: 5) { _ in Issue.record("waited") }.make(job, on: nil) { [self] _ in
            tries.withLock { $0 += 1 }
            return outcome(Failure(kind: .reading, message: "bad"))
        }
        #expect(result.made == nil && tries.withLock { $0 } == 1)
        #expect(mayPass(errno: EMFILE) && mayPass(errno: EIO) && !mayPass(errno: EACCES) && !mayPass(errno: ENOENT))
    }

    @Test("A hostile input among good ones is given up, and every other is delivered")
    func hostile() async {
        let scratch = Scratch(), maker = HostileMaker()
        var settings = Settings()
        settings.itemTimeout = .seconds(5)
        var run = BatchRun(maker, settings, journal: nil, on: nil, console: scratch.console())
        // The clock strikes while the hostile one runs, and never else.
        run.patience.wait = { [maker] _ in
            while !maker.isStuck { try await Task.sleep(for: .milliseconds(1)) }
        }
        let jobs = (0..<8).map { index in
            scratch.write(index == 3 ? "hostile" : "good \(index)", to: "in/\(index).png")
            return Job(
                inputs: [Input(path: scratch["in/\(index).png"], relative: "\(index).png")], output: scratch["out/\(index).svg"],
                format: .svg)
        }
        let outcomes = await runBatch(jobs, window: 1, failFast: false) { [run] job in
            await run.perform(job)
        } finished: { _, _ in
        }
        #expect(outcomes.map { $0?.made != nil } == (0..<8).map { $0 != 3 })
        #expect(outcomes[3]?.failures.map(\.kind) == [.limit])
        #expect(exitCode(outcomes, problems: 0, interrupted: false) == .limit)
        #expect(scratch.names.count { $0.hasPrefix("out/") } == 7)
    }
}

/// Never comes to an end with what is hostile, unless it is cancelled.
private final class HostileMaker: Maker {
    private let content = ContentMaker(), stuck = Lock(false)
    var isStuck: Bool { stuck.withLock { $0 } }
    var totals: Totals { content.totals }

    func make(_ job: Job) async -> Attempt {
        guard content.derivation(of: job)?.contains("hostile") == true else { return await content.make(job) }
        stuck.withLock { $0 = true }
        while !Task.isCancelled { await Task.yield() }
        stuck.withLock { $0 = false }
        return Attempt(failures: [Failure(CancellationError(), about: job.inputs[0])])
    }

    func derivation(of job: Job) -> String? { content.derivation(of: job) }
    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook { JobLook() }
}
