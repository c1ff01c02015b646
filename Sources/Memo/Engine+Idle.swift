import AtelierScheduling

/// Who waits for an answer at more than background priority, and what is cancelled when somebody does.
struct UrgentWork: Sendable {
    var waiters = 0
    var givingWay: [UInt64: @Sendable () -> Void] = [:]
    var nextID: UInt64 = 0
}

extension Engine {
    /// How many requests of interactive or normal priority wait for something to be found or made. What the first levels
    /// answer at once never waits.
    public var load: Int { urgent.withLock { $0.waiters } }

    /// Does work that gives way: it is cancelled as soon as anybody waits at more than background priority.
    ///
    ///     let (report, gaveWay) = await engine.whileIdle { await warm(engine, … ) }
    ///
    /// The work asks at `Priority.background`, or it would make way for itself. What it has begun and others have come to
    /// want goes on for them. Cancelling the caller cancels the work; in every case the work itself says when it ends.
    public func whileIdle<Result: Sendable>(
        _ work: @escaping @Sendable () async -> Result
    ) async -> (result: Result, gaveWay: Bool) {
        let gaveWay = Lock(false)
        // Owned by this call, which waits for it below.
        let task = Task { await work() }
        let giveWay = { @Sendable in
            gaveWay.withLock { $0 = true }
            task.cancel()
        }
        let (id, isBusy) = urgent.withLock { urgent in
            urgent.nextID += 1
            urgent.givingWay[urgent.nextID] = giveWay
            return (urgent.nextID, urgent.waiters > 0)
        }
        if isBusy { giveWay() }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        urgent.withLock { $0.givingWay[id] = nil }
        return (result, gaveWay.withLock { $0 })
    }

    /// Notes one who waits, and cancels what gives way.
    func becameUrgent() {
        let giveWay = urgent.withLock { urgent in
            urgent.waiters += 1
            return urgent.givingWay.isEmpty ? [] : Array(urgent.givingWay.values)
        }
        for cancel in giveWay { cancel() }
    }
}
