extension SVG {
    /// Something of the input that is not in the result as written, and where it stands.
    public struct Diagnostic: Hashable, Sendable {
        /// What became of it.
        public enum Outcome: String, Hashable, Sendable {
            /// Drawn, but not exactly as specified.
            case approximated
            /// Not drawn because this feature is not supported.
            case unsupported
            /// Not drawn because the input is not valid there.
            case invalid
        }

        /// What became of it.
        public var outcome: Outcome
        /// The element's name, with its id when it has one: `rect#logo`.
        public var element: String
        /// Line of the element in the source, from 1; 0 when there is no source line.
        public var line: Int
        /// What it was and what was done instead, in one sentence without a full stop.
        public var message: String
        /// How far an approximation is off where that is known: 0 for not at all, 1 for as different as can be.
        ///
        /// Of a colour it is the share of a channel's range, of a length its share of the right length; to a 10,000th.
        public var deviation: Double?

        /// A diagnostic from its parts.
        public init(_ outcome: Outcome, element: String, line: Int, _ message: String, deviation: Double? = nil) {
            // Whole numbers of a unit, so that what was written down and read again is equal.
            self.deviation = deviation.map { Double(Int(min(max(0, $0), 1e5) * 1e4 + 0.5)) / 1e4 }
            self.outcome = outcome
            self.element = element
            self.line = line
            self.message = message
        }
    }
}
