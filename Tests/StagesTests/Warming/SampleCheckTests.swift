import AtelierMemo
import Testing

@testable import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Sample check")
struct SampleCheckTests {
    let folder = DrawingFolder(), store = WatchedStore()

    /// Requests whose outputs the store holds.
    private func stored(_ widths: Int...) async throws -> [LoggedRequest] {
        let requests = widths.map { folder.drawing($0) }, engine = Engine(levels: [store])
        for request in requests {
            _ = try await engine.value(of: request.conversion().output)
            _ = try await engine.value(of: request.conversion().report)
        }
        return requests
    }

    @Test("What the levels hold is what the requests make")
    func clean() async throws {
        let report = await check(try await stored(3, 4), against: [MemoryStore(), store], threads: 1, repairing: false)
        #expect(report.remade == 2 && report.equal == 4 && report.wrong.isEmpty && report.damaged.isEmpty && report.failures.isEmpty)
    }

    @Test("A wrong entry under a right key is found with stage, lengths and first difference, and replaced on request")
    func wrong() async throws {
        let requests = try await stored(5), digest = store.target(of: try requests[0].conversion().output.digest)
        let right = try #require(store.get(digest).entry)
        guard case .bytes(let bytes) = right.payload else { throw RequestError.otherSources }
        for isLonger in [false, true] {
            let planted = isLonger ? Blob(Array(bytes.bytes) + [0]) : Blob(Array(bytes.bytes.prefix(7)) + [0] + bytes.bytes.dropFirst(8))
            store.replace(digest) { $0.payload = .bytes(planted) }
            let found = await check(requests, against: [store], threads: 2, repairing: false)
            #expect(
                found.wrong == [
                    .init(
                        level: "watched", digest: digest, stage: right.header.stage, stageVersion: right.header.stageVersion,
                        heldCount: planted.count, remadeCount: bytes.count, firstDifference: isLonger ? bytes.count : 7)
                ])
            #expect(found.equal == 1)
            #expect(await check(requests, against: [store], threads: 2, repairing: true).wrong.map(\.isRepaired) == [true])
            #expect(await check(requests, against: [store], threads: 2, repairing: false).wrong == [])
        }
    }

    @Test("An alias that leads to another request's output is a wrong result too")
    func wrongAlias() async throws {
        let requests = try await stored(6, 7), digests = try requests.map { try $0.conversion().output.digest }
        let other = store.target(of: digests[1])
        store.replace(digests[0]) { $0.payload = .alias(other) }
        let found = await check([requests[0]], against: [store], threads: 1, repairing: true)
        #expect(found.wrong.map(\.digest) == [other] && found.wrong[0].isRepaired)
        #expect(await check(requests, against: [store], threads: 1, repairing: false).wrong == [])
    }

    @Test("What is not held is not compared; what cannot be remade is counted")
    func missing() async throws {
        var requests = try await stored(8, 9, 10)
        store.removeAll()
        unlink(folder.path + "/8.svg")
        folder.write([], to: "9.svg")
        requests[0].paths = [nil]
        let report = await check(requests, against: [store], threads: 1, repairing: false)
        #expect(report.cannotBeRemade == 2 && report.remade == 1 && report.equal == 0 && report.wrong.isEmpty)
    }

    @Test("Lost entries are made again by the requests that led to them, and by no others")
    func restored() async throws {
        let requests = try await stored(11, 12), other = Artifact.bytes([1]).digest
        let lost = store.target(of: try requests[0].conversion().output.digest)
        let kept = store.target(of: try requests[1].conversion().output.digest)
        store.evict(lost)
        store.evict(kept)
        #expect(await restore([lost, other], by: requests, into: [store]) == [lost])
        #expect(store.peek(lost) != nil && store.peek(kept) == nil)
    }

    @Test("The same seed takes the same sample, another one another; a share of anything is at least one")
    func samples() {
        let requests = (0..<50).map { folder.drawing($0 + 1) }
        #expect(requests.sample(.count(9), seed: 1) == requests.sample(.count(9), seed: 1))
        #expect(requests.sample(.count(9), seed: 1) != requests.sample(.count(9), seed: 2))
        #expect(Set(requests.sample(.count(9), seed: 1)).count == 9)
        #expect(requests.sample(.percent(100), seed: 3) == requests && requests.sample(.count(99), seed: 3) == requests)
        #expect(requests.sample(.percent(0.1), seed: 3).count == 1 && [LoggedRequest]().sample(.percent(50), seed: 3).isEmpty)
        #expect(
            ["12", "2.5%", "0", "101%", "-1", "x", "%", "nan%"].map { SampleSize($0)?.description } == [
                "12", "2.5%", nil, nil, nil, nil, nil, nil,
            ])
    }
}
