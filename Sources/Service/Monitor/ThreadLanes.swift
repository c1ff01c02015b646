package import AtelierJSON
package import AtelierTelemetry

extension Timeline {
    /// What each thread did, as the panel draws it; places are parts of the whole stretch.
    ///
    /// - Parameter mostSlices: Of a lane; of more the longest are kept, since others would not be seen.
    package func lanesJSON(mostSlices: Int = 2000) -> JSON {
        let scale = 1 / Double(max(1, nanoseconds))
        func share(_ nanoseconds: UInt64) -> JSON { .number((Double(nanoseconds) * scale * 1e6).rounded() / 1e6) }
        return .object([
            "seconds": .number(Double(nanoseconds / 1_000_000) / 1000), "lost": .integer(lost),
            "threads": .array(
                lanes.map { lane in
                    var slices = lane.spans
                    if slices.count > mostSlices {
                        let least = slices.map(\.nanoseconds).sorted(by: >)[mostSlices - 1]
                        slices = Array(slices.filter { $0.nanoseconds >= least }.prefix(mostSlices))
                    }
                    return .object([
                        "name": .string("\(lane.name) \(lane.number)"),
                        "slices": .array(
                            slices.map { span in
                                .object([
                                    "name": .string(span.name), "start": share(span.begin &- begin), "width": share(span.nanoseconds),
                                    "depth": .integer(span.depth),
                                ])
                            }),
                    ])
                }),
        ])
    }
}
