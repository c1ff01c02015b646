import AtelierScheduling
import Foundation
import Testing

@testable import AtelierModels

@Suite("Model shelf")
struct ModelShelfTests {
    @Test("32 concurrent first uses load once")
    func concurrentFirstUses() {
        let shelf = ModelShelf(limit: 1000), loads = Lock(0), sums = Lock(0), arrived = Lock(0)
        let source = ModelSource(name: "a", digest: "1") {
            // Until all have come; those who come later wait for this load.
            while arrived.withLock({ $0 }) < 32 { usleep(100) }
            loads.withLock { $0 += 1 }
            return (model: [1, 2, 3], byteCount: 24)
        }
        onThreads(32) { _ in
            arrived.withLock { $0 += 1 }
            do {
                let sum = try shelf.use(source) { $0.reduce(0, +) }
                sums.withLock { $0 += sum }
            } catch { Issue.record(error) }
        }
        #expect(loads.withLock { $0 } == 1)
        #expect(sums.withLock { $0 } == 32 * 6)
        let usage = shelf.usage.models[0]
        #expect(usage.uses == 32 && usage.loads == 1 && usage.users == 0 && usage.isLoaded && usage.byteCount == 24)
    }

    @Test("Different models load side by side")
    func sideBySide() {
        let shelf = ModelShelf(limit: 1000), loading = Lock(0)
        onThreads(3) { number in
            let source = ModelSource(name: "\(number)", digest: "1") {
                loading.withLock { $0 += 1 }
                // None ends before all have begun.
                while loading.withLock({ $0 }) < 3 { usleep(100) }
                return (model: number, byteCount: 10)
            }
            do { #expect(try shelf.use(source) { $0 } == number) } catch { Issue.record(error) }
        }
        #expect(shelf.usage.byteCount == 30)
    }

    @Test("Three models in turn under a budget of two: none goes while it is used, and the bytes stay within the budget")
    func rotation() {
        let shelf = ModelShelf(limit: 200), wrong = Lock(0)
        let sources = (0..<3).map { number in
            ModelSource(name: "\(number)", digest: "1", expectedBytes: 100) {
                (model: [UInt8](repeating: UInt8(number), count: 100), byteCount: 100)
            }
        }
        onThreads(6) { thread in
            for turn in 0..<60 {
                let number = (turn + thread) % 3
                do {
                    try shelf.use(sources[number]) { model in
                        let usage = shelf.usage
                        let entry = usage.models.first { $0.name == "\(number)@1" }
                        if entry?.isLoaded != true || entry?.users == 0 || model != [UInt8](repeating: UInt8(number), count: 100)
                            || usage.byteCount > 200
                        {
                            wrong.withLock { $0 += 1 }
                        }
                    }
                } catch { Issue.record(error) }
            }
        }
        let usage = shelf.usage
        #expect(wrong.withLock { $0 } == 0)
        #expect(usage.peakByteCount <= 200 && usage.overdrafts == 0)
        #expect(usage.models.map(\.uses).reduce(0, +) == 360)
        shelf.trim(to: 0)
        #expect(shelf.usage.byteCount == 0)
        shelf.register(ModelSource(name: "later", digest: "1") { (model: 0, byteCount: 1) })
        #expect(shelf.usage.models.map(\.name) == ["0@1", "1@1", "2@1", "later@1"])
        #expect(throws: Never.self) { try shelf.preload(sources[1]) }
        #expect(shelf.usage.byteCount == 100 && shelf.usage.models[1].users == 0)
    }

    @Test("A use within a use goes beyond the budget and comes back under it")
    func nested() throws {
        let shelf = ModelShelf(limit: 100)
        func source(_ name: String) -> ModelSource<String> { ModelSource(name: name, digest: "1") { (model: name, byteCount: 80) } }
        let both = try shelf.use(source("a")) { a in try shelf.use(source("b")) { a + $0 } }
        #expect(both == "ab")
        #expect(shelf.usage.byteCount == 80)
        #expect(shelf.usage.peakByteCount == 160)
    }

    @Test("A load that fails is told with its reason and tried again after its pause; idle models go with age")
    func failureAndAge() throws {
        struct NoFile: Error, CustomStringConvertible { var description: String { "there is no file model.json" } }
        let time = Lock(0.0), tries = Lock(0)
        let shelf = ModelShelf(limit: 100, age: 60) { time.withLock { $0 } }
        let source = ModelSource(name: "a", digest: "1") {
            let number = tries.withLock {
                $0 += 1
                return $0
            }
            if number < 3 { throw NoFile() }
            return (model: number, byteCount: 10)
        }
        for wait in [0.0, 0.5, 1, 1, 0.5] {
            time.withLock { $0 += wait }
            let error = #expect(throws: ModelFailure.self) { try shelf.use(source) { $0 } }
            #expect(error?.description == "the model a@1 cannot be loaded: there is no file model.json")
        }
        #expect(tries.withLock { $0 } == 2)
        time.withLock { $0 += 1 }
        #expect(try shelf.use(source) { $0 } == 3)
        time.withLock { $0 += 61 }
        shelf.unloadIdle()
        #expect(shelf.usage.byteCount == 0 && shelf.usage.models[0].unloads == 1 && shelf.usage.models[0].failedLoads == 2)
    }
}

/// Calls `body` on so many threads that may block, and returns when all have.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        let thread = Thread {
            body(number)
            group.leave()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
    group.wait()
}
