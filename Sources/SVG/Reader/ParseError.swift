extension SVG {
    /// Why bytes could not be read as an SVG picture. What is wrong in one element only is a `Diagnostic` instead.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        /// There are no bytes, or only white space.
        case empty
        /// The bytes are a gzip stream (`.svgz`) that does not hold what it says.
        case damagedCompression
        /// Not well-formed XML; `reason` is the XML parser's.
        case malformed(reason: String, line: Int, column: Int)
        /// The root element is not `svg` in the SVG namespace or in none.
        case notSVG(root: String, line: Int)
        /// An encoding other than UTF-8, UTF-16, ISO-8859-1 or US-ASCII.
        case unknownEncoding(String)
        /// An entity that is declared outside the file or for its document type, or a reference to one that is not declared.
        case entityRefused(name: String, line: Int, column: Int)
        /// References to entities add up to more than the limit.
        case entitiesTooLong(limit: Int, line: Int)
        /// More bytes than the limit.
        case tooLarge(byteCount: Int, limit: Int)
        /// Elements nested deeper than the limit.
        case tooDeep(limit: Int, line: Int, column: Int)
        /// More elements than the limit.
        case tooManyElements(limit: Int, line: Int, column: Int)
        /// An attribute longer than the limit.
        case attributeTooLong(name: String, length: Int, limit: Int, line: Int)
        /// Drawing would take more steps than the limit, because `use` elements multiply or style rules are many.
        case tooComplex(limit: Int, line: Int)
        /// The root's width or height is 0, negative or too large.
        case badSize(width: Double, height: Double)

        /// What is wrong, where, and what helps.
        public var description: String {
            switch self {
            case .empty: "The SVG is empty."
            case .damagedCompression: "The compressed SVG (svgz) is damaged or cut short; fetch it again."
            case .malformed(let reason, let line, let column):
                "Not well-formed XML at line \(line), column \(column): \(reason)."
            case .notSVG(let root, let line):
                "The root element at line \(line) is `\(root)`, not `svg` in the namespace http://www.w3.org/2000/svg."
            case .unknownEncoding(let name):
                "The encoding \(name) is not supported; convert the file to UTF-8."
            case .entityRefused(let name, let line, let column):
                "The entity `\(name)` at line \(line), column \(column) is refused: only entities declared in the file itself "
                    + "are read; replace its references by what they stand for."
            case .entitiesTooLong(let limit, let line):
                "References to entities add up to more than \(limit) bytes, reached at line \(line)."
            case .tooLarge(let byteCount, let limit):
                "The SVG has \(byteCount) bytes, more than the limit of \(limit)."
            case .tooDeep(let limit, let line, let column):
                "Elements are nested deeper than \(limit) levels at line \(line), column \(column)."
            case .tooManyElements(let limit, let line, let column):
                "The SVG has more than \(limit) elements, reached at line \(line), column \(column)."
            case .attributeTooLong(let name, let length, let limit, let line):
                "The attribute `\(name)` at line \(line) has \(length) bytes, more than the limit of \(limit)."
            case .tooComplex(let limit, let line):
                "Drawing takes more than \(limit) steps, reached at the element of line \(line); `use` elements multiply "
                    + "or style rules are too many."
            case .badSize(let width, let height):
                "The picture is \(width) by \(height) pixels; width and height must be above 0 and at most 1e9."
            }
        }
    }

    /// How much a foreign file may ask for.
    public struct Limits: Hashable, Sendable, Codable {
        /// Most bytes of input.
        public var byteCount = 64 << 20
        /// Deepest nesting of elements, in the file and again after `use` is expanded.
        public var depth = 256
        /// Most elements in the file.
        public var elementCount = 250_000
        /// Most bytes of one attribute.
        public var attributeByteCount = 16 << 20
        /// Most bytes that references to entities may add up to.
        public var expandedByteCount = 16 << 20
        /// Most steps of resolving: one for each element drawn, two where a `use` repeats it, one for each style rule tried on an
        /// element, and for every 64 bytes of its attributes.
        public var stepCount = 1_000_000

        /// The default limits; change what you need.
        public init() {}
    }
}
