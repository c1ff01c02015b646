import AtelierGeometry

/// The bytes of a made-up file, read as numbers; beyond the end there are zeros.
struct Input {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ start: UnsafePointer<UInt8>, _ count: Int) { bytes = [UInt8](UnsafeBufferPointer(start: start, count: count)) }

    mutating func byte() -> UInt8 {
        defer { position += 1 }
        return position < bytes.count ? bytes[position] : 0
    }

    /// Small whole numbers meet each other often, which is where the trouble is; now and then one of any size.
    mutating func number() -> Double {
        let first = byte()
        if first < 250 { return Double(Int(first) - 125) / 4 }
        var bits: UInt64 = 0
        for _ in 0..<8 { bits = bits << 8 | UInt64(byte()) }
        return Double(bitPattern: bits)
    }

    mutating func point() -> Point { Point(number(), number()) }
}
