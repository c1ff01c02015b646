/// How long a request may be kept waiting by others: the patience of its class.
///
/// Requests go by the moment of asking plus patience, so a class is an advantage of seconds, never a licence to
/// starve the rest.
public enum Priority: String, Codable, CaseIterable, Sendable {
    /// Somebody looks at the screen: 0.2 s.
    case interactive
    /// The default: 2 s.
    case normal
    /// Warming, batches, clean-up: 20 s.
    case background

    /// In nanoseconds.
    package var patience: UInt64 {
        switch self {
        case .interactive: 200_000_000
        case .normal: 2_000_000_000
        case .background: 20_000_000_000
        }
    }
}
