/// Which of several states a stream is in, as a noisy observer tells it, and which changes between them count.
///
/// A value without clocks and calls: `EventDetection` feeds it.
struct EventStates: Sendable {
    /// From one state to another. The empty state is the one at the start; `*` stands for any.
    typealias Transition = EventDetection.Transition

    private let outputs: [Transition: Content?]
    private let sensitivity: [Transition: Int]
    private(set) var state = ""
    /// The change that was seen last, and how often in a row.
    private var seen: (transition: Transition, count: Int)?

    init(outputs: [Transition: Content?], sensitivity: [Transition: Int]) {
        var all: [Transition: Content?] = [:]
        // The start, and what any change leads to.
        let states = Set(outputs.keys.map(\.to)).union([""])
        for (transition, output) in outputs where transition.from == "*" {
            for state in states { all[Transition(from: state, to: transition.to)] = output }
        }
        // What names both counts more than what names one.
        for (transition, output) in outputs where transition.from != "*" { all[transition] = output }
        self.outputs = all
        self.sensitivity = sensitivity
    }

    /// Notes that a state was seen. Returns the output of the change if it counts as one, empty for a change without output; nil when
    /// nothing has changed.
    mutating func see(_ name: String) -> Content? {
        let transition = Transition(from: state, to: name)
        let count = seen?.transition == transition ? seen!.count + 1 : 1
        seen = (transition, count)
        guard name != state, outputs[transition] != nil || state.isEmpty else { return nil }
        if let least = sensitivity[transition], count <= least { return nil }
        state = name
        return (outputs[transition] ?? nil) ?? Content()
    }
}
