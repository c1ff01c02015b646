/// Finds a pattern in the text of a stream, also where a match spans parts, and makes a part of each match.
///
///     let events = TextMatch(try TextPattern(#"\[event: [^\]]*\]"#), into: "event")
///     // "before [ev", "ent: wave] after" → "before ", "[event: wave]" on substream event, " after"
///
/// The text is that of the text parts of one substream, one behind the other; other parts pass in their place. With `removing`
/// a match is cut out of the parts it lies in, which keep their role, type and metadata, and stands where it began; parts that may
/// be the beginning of one are held until that is decided. Without, all parts pass at once, and a match follows the part that
/// completed it. The part of a match is like the one it began in, but for the substream.
///
/// A match counts as soon as a part ends with it, though more text might have made it longer: `\d+` finds `12` and `3` in
/// `"12", "3"`. With `longest` it is held until it can grow no more. An end of turn lets everything go that is held.
public struct TextMatch: ScanProcessor {
    private let pattern: TextPattern
    private let output: String
    private let input: String
    private let removes: Bool
    private let waitsForLongest: Bool
    private let holdLimit: Int
    private let flushes: @Sendable (Part) -> Bool
    private let transform: (@Sendable (Part) -> Part?)?

    /// - Parameters:
    ///   - pattern: What to find.
    ///   - output: The substream of what is found.
    ///   - input: The substream whose text is looked at.
    ///   - removing: Whether what is found is taken out of the stream.
    ///   - longest: Whether a match waits for text that may make it longer.
    ///   - holdLimit: Most bytes that are held; a beginning that is longer is no match.
    ///   - flushing: Parts that end all hope of a match that has begun, and are not looked at themselves; nil for ends of turns.
    ///   - transform: What becomes of the part of a match; nil leaves it in the text.
    public init(
        _ pattern: TextPattern, into output: String, from input: String = "", removing: Bool = true, longest: Bool = false,
        holdLimit: Int = 1 << 20, flushing: (@Sendable (Part) -> Bool)? = nil, transform: (@Sendable (Part) -> Part?)? = nil
    ) {
        self.pattern = pattern
        self.output = output
        self.input = input
        removes = removing
        waitsForLongest = longest
        self.holdLimit = holdLimit
        flushes = flushing ?? { $0.isEndOfTurn }
        self.transform = transform
    }

    func step(before next: Step?) -> Step { Matching(self, next: next) }

    /// Passes the parts and what is found in them.
    private final class Matching: Step, @unchecked Sendable {  // used by the task that runs the row
        @exclusivity(unchecked) private var search: Search

        init(_ match: TextMatch, next: Step?) {
            search = Search(match)
            super.init(next: next)
        }

        override func take(_ part: Part, sink: Sink, under invocation: Invocation?) {
            if search.take(part) { sink.pass(part, to: next, under: invocation) } else { passWhatIsReady(sink) }
        }

        override func finish(sink: Sink) {
            search.finish()
            passWhatIsReady(sink)
            super.finish(sink: sink)
        }

        private func passWhatIsReady(_ sink: Sink) {
            for part in search.ready { sink.pass(part, to: next, under: nil) }
            search.ready.removeAll(keepingCapacity: true)
        }
    }

    /// What is held, and what may go on.
    private struct Search {
        /// A part that may hold some of a match.
        private struct Held {
            var part: Part
            /// Where its text begins in that of the stream.
            var origin = 0
            /// The bytes that are still to be put out, in the text of the stream; nil for a part that is not looked at.
            var text: Range<Int>?
        }

        private let match: TextMatch
        private var scanner: TextScanner
        private var held: [Held] = []
        private var heldBytes = 0
        /// Where the text of the next part begins.
        private var end = 0
        var ready: [Part] = []

        init(_ match: TextMatch) {
            self.match = match
            scanner = TextScanner(match.pattern, settlesAtEnds: !match.waitsForLongest)
        }

        /// Whether the part goes on as it is and alone; if not, `ready` may.
        mutating func take(_ part: Part) -> Bool {
            if match.flushes(part) {
                if held.isEmpty, scanner.isIdle { return true }
                giveUp()
                ready.append(part)
                return false
            }
            guard part.substream == match.input, part.isText else {
                if !match.removes || held.isEmpty { return true }
                held.append(Held(part: part, text: nil))
                return false
            }
            var text = part.plainText
            let begin = end
            end += text.utf8.count
            // Most parts hold nothing: they go on as they are.
            let first = text.withUTF8 { scanner.search($0) }
            if first == nil, scanner.isIdle, held.isEmpty { return true }
            if !match.removes { ready.append(part) }
            held.append(Held(part: part, origin: begin, text: begin..<end))
            heldBytes += end - begin
            var found = first
            while true {
                if let range = found { extract(range) }
                guard scanner.offset < end else { break }
                found = searchOn()
            }
            release(upTo: scanner.unsettled)
            if heldBytes > match.holdLimit { giveUp() }
            return false
        }

        mutating func finish() {
            while let range = scanner.finish() {
                extract(range)
                while scanner.offset < end { if let range = searchOn() { extract(range) } }
            }
            giveUp()
        }

        /// Looks at the text of the held part that the scanner has come to.
        private mutating func searchOn() -> Range<Int>? {
            let place = held.firstIndex { $0.text.map { $0.contains(scanner.offset) } ?? false }!
            let piece = held[place]
            var text = piece.part.plainText
            return text.withUTF8 {
                scanner.search(UnsafeBufferPointer(rebasing: $0[(scanner.offset - piece.origin)..<(piece.text!.upperBound - piece.origin)]))
            }
        }

        /// Puts out what stands before a match, then the match, and takes it out of the parts it lies in.
        private mutating func extract(_ range: Range<Int>) {
            release(upTo: range.lowerBound, cutting: true)
            var text: [UInt8] = [], origin: Part?, others: [Held] = [], rest: [Held] = []
            for var piece in held {
                guard let lies = piece.text, !lies.isEmpty else {
                    if rest.isEmpty { others.append(piece) } else { rest.append(piece) }
                    continue
                }
                let inside = lies.clamped(to: range)
                if !inside.isEmpty {
                    if origin == nil { origin = piece.part }
                    text += bytes(inside, of: piece)
                }
                if lies.upperBound > range.upperBound {
                    piece.text = max(lies.lowerBound, range.upperBound)..<lies.upperBound
                    rest.append(piece)
                }
            }
            var part = origin!.replacing(text: String(decoding: text, as: UTF8.self))
            let original = part
            part.substream = match.output
            if let transform = match.transform {
                if let changed = transform(part) { ready.append(changed) } else if match.removes { ready.append(original) }
            } else {
                ready.append(part)
            }
            if match.removes { ready += others.map(\.part) }
            held = rest
            heldBytes = held.reduce(0) { $0 + ($1.text?.count ?? 0) }
        }

        /// Puts out parts that end before an offset, and with `cutting` what stands before it of the part it lies in.
        private mutating func release(upTo offset: Int, cutting: Bool = false) {
            var count = 0
            for piece in held {
                if let text = piece.text, text.upperBound > offset { break }
                put(piece)
                count += 1
            }
            held.removeFirst(count)
            guard cutting, let text = held.first?.text, text.lowerBound < offset else { return }
            var before = held[0]
            before.text = text.lowerBound..<offset
            put(before)
            held[0].text = offset..<text.upperBound
            heldBytes -= offset - text.lowerBound
        }

        private mutating func put(_ piece: Held) {
            heldBytes -= piece.text?.count ?? 0
            guard match.removes else { return }
            guard let text = piece.text else { return ready.append(piece.part) }
            // Whole unless something was cut off.
            if text.count == piece.part.plainText.utf8.count {
                ready.append(piece.part)
            } else {
                ready.append(piece.part.replacing(text: String(decoding: bytes(text, of: piece), as: UTF8.self)))
            }
        }

        private func bytes(_ range: Range<Int>, of piece: Held) -> [UInt8] {
            Array(piece.part.plainText.utf8.dropFirst(range.lowerBound - piece.origin).prefix(range.count))
        }

        /// No match spans what was seen and what comes.
        private mutating func giveUp() {
            scanner.forget()
            for piece in held { put(piece) }
            held.removeAll(keepingCapacity: true)
            heldBytes = 0
        }
    }
}
