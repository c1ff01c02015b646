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
        for word in [digest.words.0, digest.words.1, digest.words.2, digest.words.3] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                let byte = word >> shift
                tail.append(Self.digits[Int(byte >> 4 & 15)])
                tail.append(Self.digits[Int(byte & 15)])
            }
        }
        endLine()
    }

    private static let digits = Array("0123456789abcdef".utf8)

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
        if number < 10 {
            tail.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            tail += String(number).utf8
        }
        endLine()
    }

    private mutating func endLine() {
        tail.append(UInt8(ascii: "\r"))
        tail.append(UInt8(ascii: "\n"))
    }
}
