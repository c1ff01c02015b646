public import AtelierMemo

/// What is to be brought into the levels, that worth most first.
///
/// Ranked by seconds saved for each second of loading: how often a request is made × what its output costs ÷ how long
/// it takes to bring. What a further level has is loaded in microseconds and comes before what has to be made; among
/// those, what is asked for most comes first. A digest tells what is there, so no file is opened for it, and after a
/// stage's version was raised its new outputs are not there and are made.
public struct WarmPlan: Sendable {
    /// Which levels are to have everything.
    public enum Levels: String, Sendable {
        /// All of them, for an engine that stays.
        case all
        /// Those that outlive the process.
        case lasting
    }

    /// A request whose output is not everywhere it should be.
    public struct Step: Sendable {
        /// What was asked for.
        public var logged: LoggedRequest
        /// The output's promise, and that of its report.
        var conversion: Conversion
        /// The level that has it; nil when it has to be made.
        public var level: String?
        /// Nanoseconds that bringing it takes, as far as is known.
        public var loadCost: UInt64
        /// Seconds saved for each second of loading, if it goes on being asked for as it was.
        public var worth: Double
    }

    /// In the order in which they are brought.
    public var steps: [Step] = []
    /// Requests whose output every level has already.
    public var alreadyThere = 0
    /// Requests that stand for no conversion here.
    public var impossible = 0

    /// Finds out what is missing. Runs nothing; asks the levels for every request.
    ///
    /// - Parameter now: Seconds since 1970, for how much older uses count.
    public init(_ requests: [LoggedRequest], in engine: Engine, filling levels: Levels, now: Int64) {
        let wanted = engine.levels.indices.filter { levels == .all || engine.levels[$0].storesBytesOnly }
        var places: [Digest: Int] = [:]
        for logged in requests {
            guard let conversion = try? logged.conversion() else {  // a count of sources this version does not take
                impossible += 1
                continue
            }
            if let place = places[conversion.output.digest] {
                // The same files under other names: one output, wanted as often as both.
                steps[place].logged.use = steps[place].logged.use.merged(with: logged.use)
                continue
            }
            let output = engine.presence(of: conversion.output), report = engine.presence(of: conversion.report)
            if wanted.allSatisfy({ output[$0] != nil && report[$0] != nil }) {
                alreadyThere += 1
                continue
            }
            let level = engine.levels.indices.first { output[$0] != nil && report.contains { $0 != nil } }
            let cost = max(1, level.flatMap { output[$0]?.chainCost } ?? 0, logged.use.cost)
            let loadCost = level.map { max(1, engine.levels[$0].hitCost(ofBytes: output[$0]?.byteCount ?? 0)) } ?? cost
            places[conversion.output.digest] = steps.count
            steps.append(
                Step(
                    logged: logged, conversion: conversion, level: level.map { engine.levels[$0].name }, loadCost: loadCost,
                    worth: Double(cost) / Double(loadCost)))
        }
        for index in steps.indices { steps[index].worth *= steps[index].logged.use.frequency(at: now) }
        steps.sort { ($1.worth, $0.logged.use.output) < ($0.worth, $1.logged.use.output) }
    }
}
