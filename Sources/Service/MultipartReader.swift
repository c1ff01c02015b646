import AtelierServing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Takes a `multipart/form-data` body apart as it comes (RFC 7578; RFC 2046, section 5.1). Memory: the head of a part, and a delimiter.
///
///     var reader = try MultipartReader(contentType: field)
///     try reader.read(bytes) { event in … }
///     try reader.finish()
///
/// O(bytes): each is looked at by `memchr`, and again around carriage returns.
struct MultipartReader {
    /// What a part says of itself.
    struct Part: Hashable, Sendable {
        /// The field's name.
        var name: String
        /// The file's name as the client gave it, without folders; nil for a plain field.
        var fileName: String?
        /// The media type in lower case, without parameters; nil where the part has none.
        var type: String?
    }

    /// What was read.
    enum Event {
        case part(Part)
        /// More of the part's bytes, valid only during the call.
        case bytes(UnsafeRawBufferPointer)
        case end
    }

    /// Why a body is not taken any further.
    enum Failure: Error {
        case malformed(Malformed)
        /// Whoever takes the events does not want more.
        case refused(Refusal)
    }

    /// Why a body is none.
    enum Malformed: Error, Hashable, CustomStringConvertible {
        case noBoundary, badBoundary, noDelimiter, badHead, noName, endsEarly
        case headTooLong(limit: Int), tooManyParts(limit: Int)

        var description: String {
            switch self {
            case .noBoundary: "the Content-Type of a multipart body names its boundary; this one has none"
            case .badBoundary: "a boundary has 1 to 70 characters, none of them a control character"
            case .noDelimiter: "where the boundary that the Content-Type names should stand, there is something else"
            case .badHead: "a line in the head of a part is not 'Name: value'"
            case .noName: "a part has no Content-Disposition with a name"
            case .endsEarly: "the body ends within a part; the last delimiter is missing"
            case .headTooLong(let limit): "the head of a part is longer than \(limit) bytes"
            case .tooManyParts(let limit): "the body has more than \(limit) parts"
            }
        }
    }

    private enum State { case preamble, delimiter, head, body, epilogue }

    /// Line break, two hyphens, boundary.
    private let delimiter: [UInt8]
    private var state = State.preamble, partCount = 0
    /// Bytes that nothing could be made of yet. The first delimiter may come without the line break before it.
    private var kept: [UInt8] = [13, 10]

    private static let longestHead = 8 << 10, mostParts = 4096

    /// - Parameter contentType: The value of the request's field.
    init(contentType: String) throws(Malformed) {
        guard let boundary = FieldValue(contentType)["boundary"] else { throw .noBoundary }
        guard 1...70 ~= boundary.utf8.count, boundary.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw .badBoundary }
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// Reads the next bytes.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ emit: (Event) throws(Refusal) -> Void) throws(Failure) {
        let buffer = kept + bytes
        let outcome: Result<Int, Failure> = buffer.withUnsafeBytes { buffer in
            var place = 0
            do throws(Failure) {
                while let next = try step(UnsafeRawBufferPointer(rebasing: buffer[place...]), emit) { place += next }
            } catch { return .failure(error) }
            return .success(place)
        }
        kept = Array(buffer[try outcome.get()...])
    }

    /// To be called when the body has ended.
    func finish() throws(Failure) {
        switch state {
        case .epilogue: return
        case .preamble: throw .malformed(.noDelimiter)
        case .delimiter, .head, .body: throw .malformed(.endsEarly)
        }
    }

    /// Does what the bytes allow. Returns how many are done with; nil when more must come first.
    private mutating func step(
        _ bytes: UnsafeRawBufferPointer, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Failure) -> Int? {
        switch state {
        case .preamble:
            // What some clients write before the first delimiter says nothing to anybody.
            let (end, isDelimiter) = plainBytes(in: bytes)
            if isDelimiter {
                state = .delimiter
                return end + delimiter.count
            }
            return end > 0 ? end : nil
        case .delimiter:
            guard bytes.count >= 2 else { return nil }
            if bytes[0] == UInt8(ascii: "-"), bytes[1] == UInt8(ascii: "-") {
                state = .epilogue
                return bytes.count
            }
            // Blanks may pad it.
            let padding = bytes.prefix { $0 == 32 || $0 == 9 }.count
            guard padding < 256 else { throw .malformed(.noDelimiter) }
            guard bytes.count >= padding + 2 else { return nil }
            guard bytes[padding] == 13, bytes[padding + 1] == 10 else { throw .malformed(.noDelimiter) }
            partCount += 1
            guard partCount <= Self.mostParts else { throw .malformed(.tooManyParts(limit: Self.mostParts)) }
            state = .head
            return padding + 2
        case .head:
            guard let (part, count) = try head(in: bytes) else { return nil }
            state = .body
            try pass(.part(part), to: emit)
            return count
        case .body:
            let (end, isDelimiter) = plainBytes(in: bytes)
            if end > 0 { try pass(.bytes(UnsafeRawBufferPointer(rebasing: bytes[..<end])), to: emit) }
            if isDelimiter {
                state = .delimiter
                try pass(.end, to: emit)
                return end + delimiter.count
            }
            return end > 0 ? end : nil
        case .epilogue: return bytes.isEmpty ? nil : bytes.count
        }
    }

    private func pass(_ event: Event, to emit: (Event) throws(Refusal) -> Void) throws(Failure) {
        do throws(Refusal) { try emit(event) } catch { throw .refused(error) }
    }

    /// How many bytes at the beginning belong to no delimiter, and whether a whole one follows them.
    private func plainBytes(in bytes: UnsafeRawBufferPointer) -> (count: Int, isDelimiter: Bool) {
        var place = 0
        while place < bytes.count, let found = memchr(bytes.baseAddress! + place, 13, bytes.count - place) {
            place = UnsafeRawPointer(found) - bytes.baseAddress!
            let candidate = bytes[place...].prefix(delimiter.count)
            if delimiter.starts(with: candidate) { return (place, candidate.count == delimiter.count) }
            place += 1
        }
        return (bytes.count, false)
    }

    /// The head of a part and its length with the empty line that ends it; nil when more must come.
    private func head(in bytes: UnsafeRawBufferPointer) throws(Failure) -> (Part, Int)? {
        var fields: [(name: String, value: String)] = [], place = 0
        while true {
            guard let found = bytes[place...].firstIndex(of: 10), found > 0 else {
                guard bytes.count <= Self.longestHead else { throw .malformed(.headTooLong(limit: Self.longestHead)) }
                return nil
            }
            guard found <= Self.longestHead else { throw .malformed(.headTooLong(limit: Self.longestHead)) }
            guard bytes[found - 1] == 13 else { throw .malformed(.badHead) }
            let line = bytes[place..<found - 1]
            place = found + 1
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let text = String(validating: line, as: UTF8.self) else {
                throw .malformed(.badHead)
            }
            let parts = text.utf8.index(text.startIndex, offsetBy: colon - line.startIndex)
            fields.append((text[..<parts].lowercased(), String(text[parts...].dropFirst())))
        }
        guard let disposition = fields.first(where: { $0.name == "content-disposition" }).map({ FieldValue($0.value) }),
            let name = disposition["name"]
        else { throw .malformed(.noName) }
        let fileName = disposition.extended("filename") ?? disposition["filename"]
        let type = fields.first { $0.name == "content-type" }.map { FieldValue($0.value).value }
        let last = fileName?.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init)
        return (Part(name: name, fileName: fileName == nil ? nil : last ?? "", type: type), place)
    }
}
