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
    /// Whether an approximation that is off by so much stays what it is; otherwise shapes are made to look right by other means.
    ///
    /// The middle profile lets pass what few people see in a still picture: a 50th of a colour channel is a ΔE of about 2.
    ///
    /// - Parameter deviation: Of a colour the share of a channel's range, of a length its share of the right length.
    func accepts(_ deviation: Double) -> Bool {
        switch self {
        case .editable: true
        case .balanced: deviation <= 0.02
        case .exact: deviation <= 0
        }
    }

    /// Whether an element that is off by so much stays shapes; otherwise it becomes a picture, which nobody can edit.
    ///
    /// The middle profile draws the line where colours make it another thing to look at: a tenth of a channel in the mean of a shape.
    ///
    /// - Parameters:
    ///   - deviation: As above; nil where nobody knows.
    ///   - isOfColors: Whether it is a share of a channel, in the mean.
    func keepsShapes(_ deviation: Double?, isOfColors: Bool) -> Bool {
        switch self {
        case .editable: true
        case .balanced: !(isOfColors && deviation ?? 0 > 0.1)
        case .exact: deviation == 0
        }
    }
}
