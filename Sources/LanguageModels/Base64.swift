/// Bytes in base64 with padding (RFC 4648, section 4).
func base64(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
        var position = bytes.startIndex, count = 0
        while position < bytes.endIndex {
            let left = bytes.endIndex - position
            let second = left > 1 ? bytes[position + 1] : 0, third = left > 2 ? bytes[position + 2] : 0
            let word = UInt32(bytes[position]) << 16 | UInt32(second) << 8 | UInt32(third)
            for index in 0..<4 {
                text[count + index] = index <= left ? digits[Int(word >> (18 - 6 * UInt32(index))) & 63] : UInt8(ascii: "=")
            }
            position += 3
            count += 4
        }
        return count
    }
}
