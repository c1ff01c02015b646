import AtelierGeometry

/// The bytes that an address of the form `data:[type][;base64],…` holds (RFC 2397); nil when it is none, or its coding is broken.
///
/// White space is skipped, as authors break long lines; the type is not looked at, since content says what a file is.
/// - Complexity: O(*n*)
func bytes(ofDataURI text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count > 5, String(decoding: text.prefix(5), as: UTF8.self).lowercased() == "data:",
        let comma = text.firstIndex(of: UInt8(ascii: ","))
    else { return nil }
    let header = String(decoding: text[text.startIndex..<comma], as: UTF8.self).lowercased().filter { !$0.isWhitespace }
    let data = percentDecoded(text[(comma + 1)...])
    return header.hasSuffix(";base64") ? base64Decoded(data) : data
}

/// Text with each `%XX` as the byte it stands for; what is no such code stays.
func percentDecoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = text.startIndex
    while position < text.endIndex {
        if text[position] == UInt8(ascii: "%"), text.endIndex - position > 2, let high = hexadecimalDigit(text[position + 1]),
            let low = hexadecimalDigit(text[position + 2])
        {
            result.append(high << 4 | low)
            position += 3
        } else {
            result.append(text[position])
            position += 1
        }
    }
    return result
}

/// RFC 4648, both alphabets; padding may be missing.
private func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0, count = 0, isPadded = false
    for byte in text where !isSpace(byte) {
        let value: UInt8
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        case UInt8(ascii: "="):
            isPadded = true
            continue
        default: return nil
        }
        if isPadded { return nil }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return result
}
