/// What a round trip takes: so much for any, and so much for each byte, both running averages.
struct NetworkCost: Sendable {
    /// Nanoseconds of a round trip without bytes, and of each byte.
    private(set) var base: Double
    private(set) var perByte: Double
    private var measured = (base: 0, perByte: 0)

    /// Up to here an answer says what any costs, from here on what a byte costs.
    private static let small = 4 << 10
    private static let large = 16 << 10
    /// The newest of so many measurements counts one part in as many: of the first when it took longer than is known, of the
    /// second when it did not. A busy machine makes answers late, and none early: values written while it was busy came
    /// compressed for as long as they stayed, although the network was fast.
    private static let memory = 16, quickMemory = 4
    /// A measurement counts for at most so many times what is known: a thread that had to wait for its processor for a
    /// moment says nothing of the network.
    private static let largestStep = 2.0

    /// Before anything was measured: a network of 1 Gb/s, or this machine. A tunnel that begins here shows after some three
    /// answers.
    init(isLocal: Bool) { (base, perByte) = isLocal ? (20_000, 0.5) : (200_000, 8) }

    /// Learns from one round trip that carried so many bytes.
    mutating func add(bytes: Int, nanoseconds: UInt64) {
        if bytes <= Self.small {
            Self.add(Double(nanoseconds), to: &base, &measured.base)
        } else if bytes >= Self.large {
            Self.add(max(0.01, (Double(nanoseconds) - base) / Double(bytes)), to: &perByte, &measured.perByte)
        }
    }

    private static func add(_ sample: Double, to average: inout Double, _ count: inout Int) {
        count = min(count + 1, memory)
        let step = min(sample, largestStep * average) - average
        average += step / Double(step < 0 ? min(count, quickMemory) : count)
    }

    /// Nanoseconds for so many bytes.
    func cost(ofBytes count: Int) -> UInt64 { UInt64(base + perByte * Double(count)) }
}
