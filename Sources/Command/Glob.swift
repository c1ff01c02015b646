/// A file name pattern: `*` and `?` inside one name, `[a-z]` and `[!a-z]`, `**` for any number of folders, `{a,b}` for either.
///
/// A leading dot is matched by a dot only. Matching is on bytes and case-sensitive.
struct Glob: Hashable {
    /// Names between slashes, without braces.
    let names: [String]

    /// Whether a text has anything a pattern would expand.
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[{".utf8.contains($0) } }

    /// The patterns a text with braces stands for, in order; more than 256 are an error.
    static func patterns(_ text: String) throws(UsageError) -> [Glob] {
        var open = [text], closed: [String] = []
        while let text = open.popLast() {
            guard open.count + closed.count <= 256 else { throw UsageError("the braces of \(printable(text)) stand for too many patterns") }
            if let choices = firstBraces(in: text) { open.append(contentsOf: choices.reversed()) } else { closed.append(text) }
        }
        return closed.map(Glob.init)
    }

    init(_ pattern: String) {
        names = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// The texts in which the first pair of braces is replaced by each of its choices; nil when there is no pair with a comma.
    private static func firstBraces(in text: String) -> [String]? {
        let bytes = Array(text.utf8)
        guard let start = bytes.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        var depth = 0, cuts = [start], end: Int?
        scan: for index in start..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 {
                    end = index
                    break scan
                }
            case UInt8(ascii: ",") where depth == 1: cuts.append(index)
            default: break
            }
        }
        guard let end, cuts.count > 1 else { return nil }
        cuts.append(end)
        return zip(cuts, cuts.dropFirst()).map { from, to in
            String(decoding: bytes[..<start] + bytes[(from + 1)..<to] + bytes[(end + 1)...], as: UTF8.self)
        }
    }

    /// Whether a path fits as a whole; a pattern without a slash is held against its last name alone.
    func fits(_ path: some StringProtocol) -> Bool {
        let path: [String] = path.split(separator: Character("/")).map { String($0) }
        if names.count == 1, names[0] != "**" { return path.last.map { Glob.matches($0, names[0]) } ?? false }
        var n = 0, p = 0, starPattern: Int?, starName = 0
        while n < path.count {
            if p < names.count, names[p] == "**" {
                (starPattern, starName) = (p, n)
                p += 1
            } else if p < names.count, Glob.matches(path[n], names[p]) {
                p += 1
                n += 1
            } else if let star = starPattern, !path[starName].hasPrefix(".") {
                // As with the stars of one name below.
                starName += 1
                (p, n) = (star + 1, starName)
            } else {
                return false
            }
        }
        while p < names.count, names[p] == "**" { p += 1 }
        return p == names.count
    }

    /// Whether one name between slashes fits one part of a pattern.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.utf8), pattern = Array(pattern.utf8)
        if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
        var n = 0, p = 0, starPattern: Int?, starName = 0
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                (starPattern, starName) = (p, n)
                p += 1
            } else if p < pattern.count, let width = width(of: pattern[p...], accepting: name[n]) {
                p += width
                n += 1
            } else if let star = starPattern {
                // The last star takes one more byte; earlier ones never need to (Krauss, "Matching Wildcards", 2008).
                starName += 1
                (p, n) = (star + 1, starName)
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }

    /// Bytes of the pattern's first element when it accepts a byte; nil when it does not.
    private static func width(of pattern: ArraySlice<UInt8>, accepting byte: UInt8) -> Int? {
        let start = pattern.startIndex
        switch pattern[start] {
        case UInt8(ascii: "?"): return 1
        case UInt8(ascii: "["):
            let inverted = start + 1 < pattern.endIndex && [UInt8(ascii: "!"), UInt8(ascii: "^")].contains(pattern[start + 1])
            let first = start + (inverted ? 2 : 1)
            // A closing bracket in first place is a member of the set.
            guard first < pattern.endIndex, let end = pattern[(first + 1)...].firstIndex(of: UInt8(ascii: "]")) else {
                return byte == UInt8(ascii: "[") ? 1 : nil
            }
            var index = first, found = false
            while index < end {
                if index + 2 < end, pattern[index + 1] == UInt8(ascii: "-") {
                    found = found || (pattern[index] <= byte && byte <= pattern[index + 2])
                    index += 3
                } else {
                    found = found || pattern[index] == byte
                    index += 1
                }
            }
            return found != inverted ? end + 1 - start : nil
        case byte: return 1
        default: return nil
        }
    }
}
