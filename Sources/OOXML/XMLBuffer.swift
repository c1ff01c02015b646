/// XML as bytes, written from left to right. Well-formedness is the caller's part; escaping is done here.
struct XMLBuffer: Sendable {
    private(set) var bytes: [UInt8] = []

    /// Makes room for further bytes.
    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    /// Takes back everything after the first bytes.
    mutating func truncate(to count: Int) { bytes.removeSubrange(count...) }

    /// Adds markup as it stands.
    mutating func markup(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds markup already written elsewhere.
    mutating func markup(_ written: ArraySlice<UInt8>) { bytes.append(contentsOf: written) }

    /// Inserts pieces of markup at offsets, both in their order; `end` is where each piece ends in `written`.
    ///
    /// - Complexity: O(*n*); no second buffer when there is room.
    mutating func insert(_ written: [UInt8], at insertions: [(offset: Int, end: Int)]) {
        var source = bytes.count
        bytes.append(contentsOf: written)
        bytes.withUnsafeMutableBytes { buffer in
            // From the end to the front: what is moved goes back, into what is free already.
            var target = buffer.count
            for (index, (offset, end)) in insertions.enumerated().reversed() {
                let start = index == 0 ? 0 : insertions[index - 1].end
                target -= source - offset
                UnsafeMutableRawBufferPointer(rebasing: buffer[target..<target + source - offset])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[offset..<source]))
                source = offset
                target -= end - start
                written.withUnsafeBytes { piece in
                    UnsafeMutableRawBufferPointer(rebasing: buffer[target..<target + end - start])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[start..<end]))
                }
            }
        }
    }

    /// Adds one ASCII character.
    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Adds a whole number.
    mutating func number(_ value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        guard rest > 9 else {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            while rest > 0 {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[start...]))
        }
    }

    mutating func number(_ value: EMU) { number(value.rawValue) }

    /// Adds foreign text, fit for content and for attribute values in double quotes.
    ///
    /// Markup characters are escaped. What XML 1.0 section 2.2 has no place for (control characters, U+FFFE, U+FFFF)
    /// is left out; line ends and tabs become spaces, as attribute values would have them anyway.
    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            // Runs of what stands for itself are copied at once.
            var start = 0, position = 0
            while position < utf8.count {
                let byte = utf8[position]
                var length = 1
                switch byte {
                case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), 0..<0x20: break
                // U+FFFE and U+FFFF. The bytes are UTF-8, so two more follow.
                case 0xEF where utf8[position + 1] == 0xBF && utf8[position + 2] >= 0xBE: length = 3
                default:
                    position += 1
                    continue
                }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<position]))
                switch byte {
                case UInt8(ascii: "&"): markup("&amp;")
                case UInt8(ascii: "<"): markup("&lt;")
                case UInt8(ascii: ">"): markup("&gt;")
                case UInt8(ascii: "\""): markup("&quot;")
                case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): bytes.append(UInt8(ascii: " "))
                default: break
                }
                position += length
                start = position
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
    }
}
