/// Which points an outline encloses, by the number of times it winds around them (SVG 2, 13.4.2).
public enum FillRule: String, Hashable, Sendable, CaseIterable {
    /// Those it winds around at all: clockwise and counterclockwise turns cancel.
    case nonzero
    /// Those it winds around an odd number of times.
    case evenOdd

    /// Whether a point of this winding number is enclosed.
    func encloses(_ winding: Int) -> Bool {
        switch self {
        case .nonzero: winding != 0
        case .evenOdd: winding & 1 != 0
        }
    }
}
