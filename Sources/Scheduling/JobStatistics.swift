package import AtelierTelemetry

/// What became of jobs, by class; times are in nanoseconds.
package struct JobStatistics: Sendable {
    /// Of one class.
    package struct Class: Sendable {
        package var name: String
        package var asked = 0
        /// Refused: there was no room, there was not enough time, they had to give way, the queue was closed.
        package var full = 0, late = 0, shed = 0, closed = 0
        /// Cancelled while they waited or ran.
        package var cancelled = 0
        /// From asking to beginning, of those that began.
        package var wait = LatencyHistogram()
        /// From beginning to end, of those that were not cancelled.
        package var work = LatencyHistogram()

        /// For whatever reason.
        package var refused: Int { full + late + shed + closed }

        package mutating func count(_ refusal: JobQueue.Refusal) {
            switch refusal {
            case .full: full += 1
            case .late: late += 1
            case .shed: shed += 1
            case .closed: closed += 1
            }
        }
    }

    /// The most urgent first.
    package var classes: [Class]

    package init(classes: [String]) { self.classes = classes.map { Class(name: $0) } }
}
