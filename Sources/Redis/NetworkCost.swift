/// What a round trip takes: so much for any, and so much for each byte, both running averages.
struct NetworkCost: Sendable {
    /// Nanoseconds of a round trip without bytes, and of each byte.
    private(set) var base: Double
    private(set) var perByte: Double
    private var measured = (base: 0, perByte: 0)

    /// Up to here an answer says what any costs, from here on what a byte costs.
    private static let small = 4 << 10
    private static let large = 16 << 10
    /// The newest of so many measurements counts one part in as many.
    private static let memory = 16

    /// Before anything was measured: a network of 1 Gb/s, or a unix socket.
    init(isLocal: Bool) { (base, perByte) = isLocal ? (20_000, 0.5) : (200_000, 8) }

    /// Learns from one round trip that carried so many bytes.
    mutating func add(bytes: Int, nanoseconds: UInt64) {
        if bytes <= Self.small {
            measured.base = min(measured.base + 1, Self.memory)
            base += (Double(nanoseconds) - base) / Double(measured.base)
        } else if bytes >= Self.large {
            measured.perByte = min(measured.perByte + 1, Self.memory)
            let known = measured.base > 0 ? base : 0
            perByte += (max(0, Double(nanoseconds) - known) / Double(bytes) - perByte) / Double(measured.perByte)
        }
    }

    /// Nanoseconds for so many bytes.
    func cost(ofBytes count: Int) -> UInt64 { UInt64(base + perByte * Double(count)) }
}
