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
        self.outputs = outputs
        self.sensitivity = sensitivity
    }

    /// Notes that a state was seen. Returns the output of the change if it counts as one, empty for a change without output; nil when
    /// nothing has changed.
    mutating func see(_ name: String) -> Content? {
        let transition = Transition(from: state, to: name)
        let count = seen?.transition == transition ? seen!.count + 1 : 1
        seen = (transition, count)
        // What names both states counts more than what names one.
        let output = outputs[transition] ?? outputs[Transition(from: "*", to: name)]
        guard name != state, output != nil || state.isEmpty else { return nil }
        if let least = sensitivity[transition] ?? sensitivity[Transition(from: "*", to: name)], count <= least { return nil }
        state = name
        return (output ?? nil) ?? Content()
    }
}
