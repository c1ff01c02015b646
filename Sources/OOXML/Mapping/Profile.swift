/// What counts where slides cannot say exactly what a picture shows in the shapes that people would draw themselves.
public enum Profile: String, Hashable, Sendable, Codable, CaseIterable {
    /// One shape for each element, as long as any comes near: slides that people go on working with.
    case editable
    /// One shape for each element where it looks right, other means where it would not.
    case balanced
    /// The picture as drawn, at the price of shapes that are harder to edit.
    case exact
}

extension Profile {
    /// The largest deviation of an approximation that stays: 0 for none, 1 for as different as can be.
    ///
    /// The middle one is what few people see in a still picture: a 50th of a colour channel is a ΔE of about 2.
    var tolerance: Double {
        switch self {
        case .editable: .infinity
        case .balanced: 0.02
        case .exact: 0
        }
    }

    /// Whether an approximation that is off by so much may stay.
    ///
    /// - Parameter deviation: Of a colour the share of a channel's range, of a length its share of the right length.
    func accepts(_ deviation: Double) -> Bool { deviation <= tolerance }
}
