extension SVG {
    /// An SVG file as written: the elements and attributes this room knows, without meaning yet.
    ///
    ///     let document = try SVG.Document(parsing: bytes.span)
    ///     let tree = try document.resolved()
    ///
    /// Elements lie in document order in one array, each with the index where its descendants end, and all text
    /// lies in one buffer: a file of 10⁶ elements is three arrays, and no depth of nesting costs stack.
    public struct Document: Sendable {
        /// A stretch of `text`; `missing` when there is none.
        struct TextRange {
            var start: Int32, end: Int32
            static var missing: TextRange { TextRange(start: -1, end: -1) }
            var isMissing: Bool { start < 0 }
            var isEmpty: Bool { end <= start }
            var bounds: Range<Int> { Int(start)..<Int(end) }
        }

        /// An attribute with its value.
        struct Attribute {
            var name: AttributeName
            var value: TextRange
        }

        /// An attribute whose name the room does not know.
        struct OtherAttribute {
            /// Index of the element; those of one element lie together, in document order.
            var element: Int32
            var name: TextRange, value: TextRange
        }

        /// An element of the SVG namespace, or of none.
        struct Element {
            var name: ElementName
            /// Index of the parent; −1 for the root.
            var parent: Int32
            /// Index after the last descendant; the first child, if any, follows the element itself.
            var end: Int32
            /// Line in the source, from 1.
            var line: Int32
            /// Where its attributes lie in `attributes`.
            var firstAttribute: Int32, attributeCount: Int32
            /// Text directly inside `title`, `desc` and `style`; for an `unknown` element its name.
            var content: TextRange
        }

        /// In document order; the first is the root `svg`.
        var elements: [Element]
        /// Of all elements, in document order.
        var attributes: [Attribute]
        /// Every value in UTF-8, comments in style sheets blanked out.
        var text: [UInt8]
        /// Attributes without a namespace that the room does not know, which selectors of style sheets may ask for.
        var otherAttributes: [OtherAttribute] = []
        /// Text that was made while resolving, behind a copy of `text`.
        var made: MadeText?
        /// Lines of `<?xml-stylesheet?>` instructions.
        var stylesheetInstructions: [Int]
        /// Where a namespace prefix is used that is not declared, if one is.
        var undeclaredPrefixLine: Int?
        /// Pages that Inkscape marks out on the canvas, in the root's own units; at most 1000.
        var pages: [SVG.Page] = []

        /// How many elements the file has, those of other namespaces left out.
        public var elementCount: Int { elements.count }

        /// Whether there is any text to set.
        var hasText: Bool { elements.contains { $0.name == .characters } }

        /// The value of an attribute of an element.
        func attribute(_ name: AttributeName, of index: Int) -> TextRange? {
            let element = elements[index]
            for i in Int(element.firstAttribute)..<Int(element.firstAttribute + element.attributeCount) where attributes[i].name == name {
                return attributes[i].value
            }
            return nil
        }

        /// A stretch of text as a string.
        func string(_ range: TextRange) -> String {
            if let made { return made.string(range) }
            return String(decoding: text[range.bounds], as: UTF8.self)
        }
    }
}
