import AtelierGeometry

/// Whether a list of media queries holds for a still picture in colour on a light screen (Media Queries 4).
struct MediaQuery {
    /// What is known of the place the picture is shown in.
    struct Medium {
        /// The canvas in pixels.
        var size: Size
    }

    private var scanner: TextScanner
    private let medium: Medium
    /// The first feature that was asked for and is not known here.
    private(set) var unknown: String?

    init(_ scanner: TextScanner, _ medium: Medium) {
        self.scanner = scanner
        self.medium = medium
    }

    /// Whether any query of the list holds; an empty list does.
    mutating func list() -> Bool {
        scanner.skipSpace()
        if scanner.isAtEnd { return true }
        var holds = false
        repeat { if query() { holds = true } } while scanner.skip(UInt8(ascii: ","))
        return holds
    }

    private mutating func query() -> Bool {
        scanner.skipSpace()
        var holds = true, isNegated = false
        while !scanner.isAtEnd, scanner.next != UInt8(ascii: ",") {
            if scanner.next == UInt8(ascii: "(") {
                if !feature() { holds = false }
            } else {
                switch lowercaseWord(&scanner) {
                case "not": isNegated = true
                case "only", "and", "all", "screen": break
                case "":
                    scanner.position += 1
                    unknown = unknown ?? "?"
                // `print`, `speech` and those of old.
                default: holds = false
                }
            }
            scanner.skipSpace()
        }
        return holds != isNegated
    }

    /// `(name)` or `(name: value)`.
    private mutating func feature() -> Bool {
        scanner.position += 1
        scanner.skipSpace()
        let name = lowercaseWord(&scanner)
        scanner.skipSpace()
        var value = "", length: Length?
        if scanner.skip(UInt8(ascii: ":")) {
            scanner.skipSpace()
            var ahead = scanner
            length = Length(&ahead, LengthUnits(canvas: medium.size))
            if length != nil { scanner = ahead } else { value = lowercaseWord(&scanner) }
            scanner.skipSpace()
        }
        let isWhole = scanner.skip(UInt8(ascii: ")"))
        if !isWhole {
            var depth = 1
            while !scanner.isAtEnd, depth > 0 {
                if scanner.next == UInt8(ascii: "(") { depth += 1 }
                if scanner.next == UInt8(ascii: ")") { depth -= 1 }
                scanner.position += 1
            }
        }
        switch (isWhole ? name : "", length) {
        case ("width", let length?): return medium.size.width == length.value
        case ("min-width", let length?): return medium.size.width >= length.value
        case ("max-width", let length?): return medium.size.width <= length.value
        case ("height", let length?): return medium.size.height == length.value
        case ("min-height", let length?): return medium.size.height >= length.value
        case ("max-height", let length?): return medium.size.height <= length.value
        case ("orientation", nil): return value == (medium.size.width > medium.size.height ? "landscape" : "portrait")
        case ("prefers-color-scheme", nil): return value == "light"
        case ("prefers-reduced-motion", nil), ("prefers-contrast", nil), ("prefers-reduced-transparency", nil):
            return value == "no-preference"
        case ("forced-colors", nil), ("inverted-colors", nil), ("hover", nil), ("pointer", nil), ("scripting", nil), ("update", nil):
            return value == "none"
        case ("color", nil): return true
        case ("monochrome", nil): return false
        default:
            unknown = unknown ?? (name.isEmpty ? "?" : name)
            return false
        }
    }
}
