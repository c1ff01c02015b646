import CAtelierHarfBuzz

/// Sets text: finds the fonts it asks for, shapes it and measures it.
///
///     let setter = Typesetter.system()
///     for run in setter.set("Hello", as: FontRequest(families: ["Noto Sans"])) { print(run.width) }   // in ems
///     let book = setter.book                                                                     // the fonts it took
///
/// One value belongs to one thread; open fonts are shared between them.
public final class Typesetter {
    private enum Source {
        case system
        case book([FontRequest: FontBook.Entry])
        case none
    }

    private let source: Source
    /// The fonts of each request as far as they were needed, preferred first.
    private var faces: [FontRequest: [Face]] = [:]
    private var order: [FontRequest] = []
    /// Characters that no font has.
    private var lacking: Set<Unicode.Scalar> = []

    private init(_ source: Source) { self.source = source }

    /// Sets with the fonts of this machine, where they are needed.
    public static func system() -> Typesetter { Typesetter(.system) }

    /// Sets with the fonts of a book and no others.
    ///
    /// - Throws: `FontError` when one of them is not there as it was.
    public static func book(_ book: FontBook) throws(FontError) -> Typesetter {
        let setter = Typesetter(.book(Dictionary(book.entries.map { ($0.request, $0) }) { a, _ in a }))
        for entry in book.entries {
            var open: [Face] = []
            for file in entry.fonts {
                guard let face = Face.opened(file) else { throw FontError(path: file.path) }
                open.append(face)
            }
            setter.faces[entry.request] = open
            setter.order.append(entry.request)
        }
        return setter
    }

    /// Sets without any font: widths are estimated and there are no outlines. The same on every machine.
    public static func estimating() -> Typesetter { Typesetter(.none) }

    /// The fonts taken so far.
    public var book: FontBook {
        FontBook(
            entries: order.map { FontBook.Entry(request: $0, fonts: (faces[$0] ?? []).map(\.file)) },
            library: HarfBuzz.shared?.version ?? "")
    }

    /// Whether widths are estimates because nobody asked for fonts.
    public var isEstimating: Bool { if case .none = source { true } else { false } }

    // MARK: Fonts

    /// The font preferred for a request; nil without fonts.
    public func face(for request: FontRequest) -> Face? { faces(for: request).first }

    private func faces(for request: FontRequest) -> [Face] {
        if let known = faces[request] { return known }
        var found: [Face] = []
        if case .system = source, let file = FontEnvironment.font(for: request), let face = Face.opened(file) { found = [face] }
        faces[request] = found
        order.append(request)
        return found
    }

    /// The place, among the fonts of a request, of the first that has a character; nil when none has.
    private func place(of character: Unicode.Scalar, _ request: FontRequest) -> Int? {
        let known = faces(for: request)
        if let place = known.firstIndex(where: { $0.has(character) }) { return place }
        guard case .system = source, !known.isEmpty, !lacking.contains(character) else { return nil }
        if let file = FontEnvironment.font(for: request, with: character), let face = Face.opened(file), face.has(character) {
            faces[request]?.append(face)
            return known.count
        }
        lacking.insert(character)
        return nil
    }

    // MARK: Setting

    /// A stretch of text in one font, its glyphs from left to right.
    public struct Run {
        /// Its font; nil for estimates.
        public var face: Face?
        /// The glyphs; advances and offsets in parts of the em, y down.
        public var glyphs: [Glyph]
        /// Sum of the advances.
        public var width: Double { glyphs.reduce(0) { $0 + $1.advance } }
    }

    /// A glyph with its place after the one before.
    public struct Glyph {
        /// Number in the font; 0 where the font has none for the character.
        public var id: UInt32
        /// Where the characters that it stands for begin, in bytes of the text.
        public var start: Int
        /// How far it moves what follows.
        public var advance: Double
        /// Where it is drawn, counted from where the glyph before ended.
        public var dx: Double, dy: Double
    }

    /// What of OpenType's features is not as the font has it.
    public struct Features: OptionSet, Hashable, Sendable {
        /// Which.
        public let rawValue: Int
        /// Of bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Without kerning.
        public static let noKerning = Features(rawValue: 1)
        /// Without ligatures, as spaced letters need.
        public static let noLigatures = Features(rawValue: 2)
        /// Small capitals for lower-case letters.
        public static let smallCaps = Features(rawValue: 4)
        /// Letters that stand upright in a line that runs down: advances go down, and offsets are those from the middle of the line.
        public static let upright = Features(rawValue: 8)
    }

    /// Sets a part of a text in one direction.
    ///
    /// - Parameters:
    ///   - text: In UTF-8; what stands around `range` decides how letters join.
    ///   - range: The bytes to set, on borders of characters; nil for all.
    ///   - apart: Where characters begin that no ligature may join to those before them, where writing does without.
    /// - Returns: Runs from left to right.
    /// - Complexity: O(*n*)
    public func set(
        _ text: [UInt8], _ range: Range<Int>? = nil, as request: FontRequest, isRightToLeft: Bool = false, features: Features = [],
        apart: [Int] = []
    ) -> [Run] {
        let range = range ?? 0..<text.count
        guard let library = HarfBuzz.shared, !faces(for: request).isEmpty else {
            return [estimate(text, range, isRightToLeft, features.contains(.upright))]
        }
        // Pieces of one font and one script.
        struct Piece {
            var start: Int, end: Int
            var place: Int
            var script: UInt32
        }
        let common: Set<UInt32> = [0x5A79_7979, 0x5A69_6E68, 0x5A7A_7A7A]  // Zyyy, Zinh, Zzzz
        var pieces: [Piece] = []
        var position = range.lowerBound
        for scalar in String(decoding: text[range], as: UTF8.self).unicodeScalars {
            let end = min(position + UTF8.width(scalar), range.upperBound)
            let script = library.script(library.unicode, scalar.value)
            let isCommon = common.contains(script)
            let last = pieces.last
            // What has no script of its own stays where it is when the font there has it: spaces, points, marks.
            let here = last.flatMap { isCommon && (scalar.isJoiner || faces[request]![$0.place].has(scalar)) ? $0.place : nil }
            let place = here ?? (Bidi.isControl(scalar) ? nil : place(of: scalar, request)) ?? last?.place ?? 0
            if let last, last.place == place, isCommon || common.contains(last.script) || last.script == script {
                pieces[pieces.count - 1].end = end
                if !isCommon { pieces[pieces.count - 1].script = script }
            } else {
                pieces.append(Piece(start: position, end: end, place: place, script: script))
            }
            position = end
        }
        if isRightToLeft { pieces.reverse() }
        return pieces.map { shape(text, $0.start..<$0.end, faces[request]![$0.place], isRightToLeft, features, apart, library) }
    }

    private func shape(
        _ text: [UInt8], _ range: Range<Int>, _ face: Face, _ isRightToLeft: Bool, _ features: Features, _ apart: [Int],
        _ library: HarfBuzz
    ) -> Run {
        let buffer = library.makeBuffer()
        defer { library.releaseBuffer(buffer) }
        text.withUnsafeBytes { bytes in
            library.addText(
                buffer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(text.count), UInt32(range.lowerBound),
                Int32(range.count))
        }
        let isUpright = features.contains(.upright)
        library.setDirection(buffer, isUpright ? 6 : isRightToLeft ? 5 : 4)
        library.guessProperties(buffer)
        var list: [hb_feature_t] = []
        func set(_ tags: [String], to value: UInt32, from start: UInt32 = 0, to end: UInt32 = .max) {
            for tag in tags {
                list.append(hb_feature_t(tag: tag.utf8.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }, value: value, start: start, end: end))
            }
        }
        if features.contains(.noKerning) { set(["kern"], to: 0) }
        if features.contains(.noLigatures) {
            set(["liga", "clig", "dlig"], to: 0)
        } else {
            for place in apart where range.contains(place) {
                set(["liga", "clig", "dlig"], to: 0, from: UInt32(place), to: UInt32(place) + 1)
            }
        }
        if features.contains(.smallCaps) { set(["smcp"], to: 1) }
        library.shape(face.font, buffer, list, UInt32(list.count))
        var count: UInt32 = 0
        guard let infos = library.infos(buffer, &count), let positions = library.positions(buffer, &count) else {
            return Run(face: face, glyphs: [])
        }
        let em = face.unitsPerEm
        let glyphs = (0..<Int(count)).map { i in
            Glyph(
                id: infos[i].codepoint, start: Int(infos[i].cluster),
                advance: Double(isUpright ? -positions[i].y_advance : positions[i].x_advance) / em,
                dx: Double(positions[i].x_offset) / em, dy: -Double(positions[i].y_offset) / em)
        }
        return Run(face: face, glyphs: glyphs)
    }

    /// Widths as Latin letters of an ordinary sans serif have them.
    private func estimate(_ text: [UInt8], _ range: Range<Int>, _ isRightToLeft: Bool, _ isUpright: Bool) -> Run {
        var glyphs: [Glyph] = []
        var position = range.lowerBound
        for character in String(decoding: text[range], as: UTF8.self) {
            let width: Double =
                switch character.unicodeScalars.first!.value {
                case 0x20: 0.26
                case 0x202A...0x202E, 0x2066...0x2069: 0
                case 0x21, 0x27...0x29, 0x2C...0x2F, 0x3A, 0x3B, 0x49, 0x5B...0x5D, 0x66, 0x69...0x6A, 0x6C, 0x72, 0x74, 0x7C: 0.3
                case 0x4D, 0x57, 0x6D, 0x77, 0x40: 0.9
                case 0x41...0x5A: 0.65
                case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60, 0x1F300...0x1FAFF: 1
                default: 0.57
                }
            glyphs.append(
                isUpright
                    ? Glyph(id: 1, start: position, advance: 1, dx: -width / 2, dy: FontMetrics.estimated.ascent)
                    : Glyph(id: 1, start: position, advance: width, dx: 0, dy: 0))
            position += character.utf8.count
        }
        if isRightToLeft { glyphs.reverse() }
        return Run(face: nil, glyphs: glyphs)
    }
}

/// A font that is not there as it was when the text was set first.
public struct FontError: Error, Equatable, CustomStringConvertible {
    /// Where it lay.
    public var path: String

    /// One sentence: what, and what would help.
    public var description: String { "\(path): the font has changed or gone since the text was measured; run again" }
}

extension Unicode.Scalar {
    /// Whether it only says how its neighbours go together.
    fileprivate var isJoiner: Bool {
        switch value {
        case 0x200B...0x200F, 0x202A...0x202E, 0x2060, 0x2066...0x2069, 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
        default: properties.generalCategory == .nonspacingMark
        }
    }
}
