/// Where a request belongs in a trace that several programs share (W3C Trace Context, level 1, section 3.2).
package struct TraceParent: Hashable, Sendable {
    /// 32 and 16 hexadecimal digits, not all of them zero.
    package var trace: String, parent: String

    /// Reads the header field `traceparent`; nil when it is none. Versions beyond the first are read as far as it went.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy(isHexadecimal) }), parts[1].contains(where: { $0 != "0" }),
            parts[2].contains(where: { $0 != "0" })
        else { return nil }
        (trace, parent) = (String(parts[1]), String(parts[2]))
    }
}

/// Upper case is not allowed there.
private func isHexadecimal(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
}
