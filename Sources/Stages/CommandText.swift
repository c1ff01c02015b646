/// The flags that say what options say, as a shell reads them: `--colors 12 --no-svg-size`. Options as by default are left out.
package func flags<Options>(saying options: Options, over defaults: Options, of table: [Option<Options>]) -> String {
    table.compactMap { option -> String? in
        let value = option.read(options)
        guard value != option.read(defaults) else { return nil }
        if case .flag(let isOn) = value { return isOn ? "--\(option.name)" : "--no-\(option.name)" }
        return option.text(of: value).map { "--\(option.name) \(shellWord($0))" }
    }.joined(separator: " ")
}

/// A text as one word of a shell.
package func shellWord(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_./,:=+%@".utf8.contains(byte)
        }
    }
    return plain && !text.isEmpty
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
