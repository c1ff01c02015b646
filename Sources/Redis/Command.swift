import AtelierMemo

/// One or more commands as the bytes that go over the wire: arrays of bulk strings.
///
///     let command = Command("SET", key, "PX", "60000")
///
/// Large bulks are not copied; they are sent from where they are.
struct Command: Sendable {
    /// What to send, in this order, and then `tail`.
    private(set) var pieces: [Blob] = []
    /// Never empty.
    private(set) var tail: [UInt8] = []
    /// How many answers follow.
    private(set) var count = 0

    /// From this size on sending a piece by itself is cheaper than copying it.
    private static let smallestPiece = 32 << 10

    /// A command of texts.
    init(_ words: String...) {
        self.init(argumentCount: words.count)
        for word in words { append(word) }
    }

    /// The beginning of a command; so many arguments, its name included, must be appended.
    init(argumentCount: Int) {
        tail.reserveCapacity(256)
        begin(argumentCount: argumentCount)
    }

    /// Lets another command follow: its answer follows too.
    mutating func begin(argumentCount: Int) {
        count += 1
        tail.append(UInt8(ascii: "*"))
        append(decimal: argumentCount)
    }

    mutating func append(_ word: String) {
        tail.append(UInt8(ascii: "$"))
        append(decimal: word.utf8.count)
        tail += word.utf8
        endLine()
    }

    /// Appends the key of a digest: a prefix and 64 hexadecimal digits.
    mutating func append(_ prefix: [UInt8], _ digest: Digest) {
        tail.append(UInt8(ascii: "$"))
        append(decimal: prefix.count + 64)
        tail += prefix
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { digits in
            var place = 0
            func add(_ word: UInt64) {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    let byte = UInt8(truncatingIfNeeded: word >> shift)
                    digits[place] = Self.digit(byte >> 4)
                    digits[place + 1] = Self.digit(byte & 15)
                    place += 2
                }
            }
            let words = digest.words
            add(words.0)
            add(words.1)
            add(words.2)
            add(words.3)
            tail += digits
        }
        endLine()
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }

    /// Appends one argument whose bytes stand in several places.
    mutating func append(_ parts: Blob...) {
        tail.append(UInt8(ascii: "$"))
        append(decimal: parts.reduce(0) { $0 + $1.count })
        for part in parts {
            if part.count < Self.smallestPiece {
                tail += part.bytes
            } else {
                pieces.append(Blob(tail))
                pieces.append(part)
                tail = []
            }
        }
        endLine()
    }

    private mutating func append(decimal number: Int) {
        var unit = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            tail.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
        endLine()
    }

    private mutating func endLine() {
        tail.append(UInt8(ascii: "\r"))
        tail.append(UInt8(ascii: "\n"))
    }
}
