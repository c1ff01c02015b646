import AtelierJSON
import AtelierMemo

// The peer's wire format: {"part": …, "role": …, "substream_name": …, "mimetype": …, "metadata": …}, bytes in base64 with the
// URL-safe alphabet (RFC 4648, section 5).

extension Part {
    /// The part as one line of JSON; `Part(json:)` reads it back.
    public var json: String { String(decoding: jsonBytes, as: UTF8.self) }

    /// The same as UTF-8.
    public var jsonBytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(footprint + footprint / 2 + 64)
        output.append(contentsOf: #"{"part":"#.utf8)
        append(payloadTo: &output)
        output.append(contentsOf: #","role":"#.utf8)
        JSON.append(quoted: role, to: &output)
        output.append(contentsOf: #","substream_name":"#.utf8)
        JSON.append(quoted: substream, to: &output)
        output.append(contentsOf: #","mimetype":"#.utf8)
        JSON.append(quoted: mimeType.text, to: &output)
        output.append(contentsOf: #","metadata":"#.utf8)
        JSON.object(metadata.members).append(to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    private func append(payloadTo output: inout [UInt8]) {
        switch payload {
        case .text(let text):
            output.append(contentsOf: #"{"text":"#.utf8)
            JSON.append(quoted: text, to: &output)
            output.append(contentsOf: (isThought ? #","thought":true}"# : "}").utf8)
        case .bytes(let bytes):
            output.append(contentsOf: #"{"inline_data":"#.utf8)
            Part.append(inline: bytes, of: mimeType, to: &output)
            output.append(UInt8(ascii: "}"))
        case .file(let file):
            JSON.object([
                "file_data": .object([
                    "display_name": file.name.map { .string($0) }, "file_uri": .string(file.uri), "mime_type": .string(file.mimeType.text),
                ])
            ]).append(to: &output)
        case .functionCall(let call):
            JSON.object([
                "function_call": .object(["id": call.id.map { .string($0) }, "args": call.arguments, "name": .string(call.name)])
            ]).append(to: &output)
        case .functionResponse(let response): Part.append(response, to: &output)
        case .executableCode(let code, let language):
            JSON.object(["executable_code": ["code": .string(code), "language": .string(language)]] as KeyValuePairs).append(to: &output)
        case .codeResult(let outcome, let text):
            JSON.object([
                "code_execution_result": .object(["outcome": .string(outcome), "output": text.map { .string($0) }])
            ]).append(to: &output)
        }
    }

    private static func append(inline bytes: PayloadBytes, of type: MIMEType, to output: inout [UInt8]) {
        output.append(contentsOf: #"{"data":""#.utf8)
        Base64.append(bytes.blob.bytes, to: &output)
        output.append(contentsOf: #"","mime_type":"#.utf8)
        JSON.append(quoted: type.text, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    private static func append(_ response: FunctionResponse, to output: inout [UInt8]) {
        let members = JSON.object([
            "will_continue": response.willContinue.map { .bool($0) }, "scheduling": response.scheduling.map { .string($0.rawValue) },
            "id": response.callID.map { .string($0) }, "name": response.name.map { .string($0) }, "response": response.response,
        ])
        output.append(contentsOf: #"{"function_response":"#.utf8)
        members.append(to: &output)
        if !response.pieces.isEmpty {
            output.removeLast()
            if members != .object([]) { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: #""parts":["#.utf8)
            for (index, piece) in response.pieces.enumerated() {
                output.append(contentsOf: (index == 0 ? #"{"inline_data":"# : #",{"inline_data":"#).utf8)
                append(inline: piece.bytes, of: piece.mimeType, to: &output)
                output.append(UInt8(ascii: "}"))
            }
            output.append(contentsOf: "]}".utf8)
        }
        output.append(UInt8(ascii: "}"))
    }
}

// MARK: - Reading

extension Part {
    /// The part that a line of JSON describes, with or without spaces. Members that are not known are passed over.
    public init(json: String) throws(PartError) { try self.init(json: Array(json.utf8)) }

    /// The same from UTF-8.
    public init(json: [UInt8]) throws(PartError) {
        var reader = JSON.Reader(json)
        var read = Reading()
        do {
            try reader.members { (reader, name) throws(JSON.SyntaxError) in
                switch name {
                case "part": try read.payload(&reader)
                case "role": read.role = try reader.string()
                case "substream_name": read.substream = try reader.string()
                case "mimetype": read.mimeType = try Reading.optional(&reader)
                case "metadata": read.metadata = try Reading.metadata(&reader)
                default: _ = try reader.value()
                }
            }
            try reader.end()
        } catch { throw .malformed(error.description) }
        guard let payload = read.content else { throw .malformed("the member \"part\" is missing or says nothing") }
        var type = read.mimeType.map { $0 == MIMEType.plainText.text ? .plainText : MIMEType($0) } ?? read.inlineType
        // What follows from the payload is not kept, so that equal parts stay equal.
        if let given = type, given == payload.mimeType { type = nil }
        self.init(
            payload, role: read.role, substream: read.substream, mimeType: type, metadata: read.metadata, isThought: read.isThought)
    }

    private struct Reading {
        var content: Payload?
        var role = "", substream = ""
        var mimeType: String?
        var inlineType: MIMEType?
        var metadata = Metadata()
        var isThought = false

        static func optional(_ reader: inout JSON.Reader) throws(JSON.SyntaxError) -> String? {
            switch try reader.value() {
            case .null: return nil
            case .string(let text): return text
            default: throw reader.error("expected a text or null")
            }
        }

        static func metadata(_ reader: inout JSON.Reader) throws(JSON.SyntaxError) -> Metadata {
            switch try reader.value() {
            case .null: return Metadata()
            case .object(let members): return Metadata(unchecked: members)
            default: throw reader.error("expected an object or null")
            }
        }

        mutating func payload(_ reader: inout JSON.Reader) throws(JSON.SyntaxError) {
            var content: Payload?, isThought = false, type: MIMEType?
            try reader.members { (reader, name) throws(JSON.SyntaxError) in
                switch name {
                case "text": content = .text(try reader.string())
                case "thought": isThought = try reader.value() == .bool(true)
                default:
                    let value = try reader.value()
                    guard value != .null else { return }
                    guard let (read, inlineType) = Part.payload(name, value) else {
                        throw reader.error("\"\(name)\" is not the content of a part")
                    }
                    content = read
                    type = inlineType
                }
            }
            self.content = content
            self.isThought = isThought
            inlineType = type
        }
    }

    /// A payload other than text, and its own MIME type if it names one.
    private static func payload(_ name: String, _ value: JSON) -> (Payload, MIMEType?)? {
        switch name {
        case "inline_data": return piece(value).map { (.bytes($0.bytes), $0.mimeType) }
        case "file_data":
            guard let uri = value["file_uri"]?.asText else { return nil }
            let type = MIMEType(value["mime_type"]?.asText ?? "")
            return (.file(FileReference(uri: uri, mimeType: type, name: value["display_name"]?.asText)), nil)
        case "function_call":
            guard let function = value["name"]?.asText else { return nil }
            return (.functionCall(FunctionCall(id: value["id"]?.asText, name: function, arguments: value["args"] ?? .object([]))), nil)
        case "function_response":
            var pieces: [FunctionResponse.Piece] = []
            if case .array(let elements)? = value["parts"] {
                for element in elements {
                    guard let data = element["inline_data"], let piece = piece(data) else { return nil }
                    pieces.append(piece)
                }
            }
            var willContinue: Bool?
            if case .bool(let continues)? = value["will_continue"] { willContinue = continues }
            let response = FunctionResponse(
                callID: value["id"]?.asText, name: value["name"]?.asText, response: value["response"], pieces: pieces,
                willContinue: willContinue, scheduling: value["scheduling"]?.asText.flatMap(FunctionResponse.Scheduling.init))
            return (.functionResponse(response), nil)
        case "executable_code":
            guard let code = value["code"]?.asText else { return nil }
            return (.executableCode(code: code, language: value["language"]?.asText ?? "LANGUAGE_UNSPECIFIED"), nil)
        case "code_execution_result":
            return (.codeResult(outcome: value["outcome"]?.asText ?? "OUTCOME_UNSPECIFIED", output: value["output"]?.asText), nil)
        default: return nil
        }
    }

    private static func piece(_ value: JSON) -> FunctionResponse.Piece? {
        guard let data = value["data"]?.asText, let bytes = Base64.bytes(of: data) else { return nil }
        return FunctionResponse.Piece(mimeType: MIMEType(value["mime_type"]?.asText ?? ""), bytes: PayloadBytes(Blob(bytes)))
    }
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name && $0.value != .null }?.value
    }

    fileprivate var asText: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

/// Bytes as text (RFC 4648): written with the URL-safe alphabet and padding, read with either, padded or not.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        values[Int(UInt8(ascii: "+"))] = 62
        values[Int(UInt8(ascii: "/"))] = 63
        return values
    }()

    static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4 + 64)
        bytes.withUnsafeBufferPointer { bytes in
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let second = start + 1 < bytes.count ? bytes[start + 1] : 0, third = start + 2 < bytes.count ? bytes[start + 2] : 0
                let word = Int(bytes[start]) << 16 | Int(second) << 8 | Int(third)
                output.append(digits[word >> 18])
                output.append(digits[word >> 12 & 63])
                output.append(start + 1 < bytes.count ? digits[word >> 6 & 63] : UInt8(ascii: "="))
                output.append(start + 2 < bytes.count ? digits[word & 63] : UInt8(ascii: "="))
            }
        }
    }

    /// The bytes, or nil where the text is no base64.
    static func bytes(of text: String) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count / 4 * 3 + 3)
        var word: UInt32 = 0, count = 0, padding = 0
        for digit in text.utf8 {
            if digit == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = values[Int(digit)]
            guard value < 64, padding == 0 else { return nil }
            word = word << 6 | UInt32(value)
            count += 1
            if count & 3 == 0 {
                output.append(UInt8(truncatingIfNeeded: word >> 16))
                output.append(UInt8(truncatingIfNeeded: word >> 8))
                output.append(UInt8(truncatingIfNeeded: word))
            }
        }
        switch count & 3 {
        case 0: break
        case 2: output.append(UInt8(truncatingIfNeeded: word >> 4))
        case 3:
            output.append(UInt8(truncatingIfNeeded: word >> 10))
            output.append(UInt8(truncatingIfNeeded: word >> 2))
        default: return nil
        }
        return padding <= 2 ? output : nil
    }
}
