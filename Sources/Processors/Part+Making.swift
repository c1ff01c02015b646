public import AtelierJSON
public import AtelierMemo

// Parts with a meaning of their own.

extension Part {
    /// The end of a turn of a conversation: an empty text of role `user` whose metadata say so.
    public static func endOfTurn(substream: String = "", metadata: Metadata = Metadata()) -> Part {
        Part("", role: "user", substream: substream, metadata: metadata.merging([turnComplete: true]))
    }

    /// Content that lies elsewhere.
    public static func file(
        uri: String, mimeType: MIMEType, name: String? = nil, role: String = "", substream: String = "", metadata: Metadata = Metadata()
    ) -> Part {
        Part(
            .file(FileReference(uri: uri, mimeType: mimeType, name: name)), role: role, substream: substream, mimeType: mimeType,
            metadata: metadata)
    }

    /// A picture, whose type is told by how its bytes begin: PNG, JPEG, WebP, GIF or SVG; nil for any other.
    public static func image(_ bytes: Blob, role: String = "", substream: String = "", metadata: Metadata = Metadata()) -> Part? {
        func begins(_ prefix: [UInt8], at offset: Int = 0) -> Bool { bytes.bytes.dropFirst(offset).starts(with: prefix) }
        let type: MIMEType
        if begins([0x89, 0x50, 0x4E, 0x47]) {
            type = "image/png"
        } else if begins([0xFF, 0xD8, 0xFF]) {
            type = "image/jpeg"
        } else if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) {
            type = "image/webp"
        } else if begins(Array("GIF8".utf8)) {
            type = "image/gif"
        } else if begins(Array("<svg".utf8)) || begins(Array("<?xml".utf8)) {
            type = "image/svg+xml"
        } else {
            return nil
        }
        return Part(.bytes(PayloadBytes(bytes)), role: role, substream: substream, mimeType: type, metadata: metadata)
    }

    /// A JSON value under the name of its type: `application/json; type=Name`.
    public static func record(
        _ value: JSON, type name: String, role: String = "", substream: String = "", metadata: Metadata = Metadata()
    ) -> Part {
        Part(value.text, role: role, substream: substream, mimeType: MIMEType("application/json; type=\(name)"), metadata: metadata)
    }

    /// The JSON value of a record of this type. The name's letter case counts.
    public func record(type name: String) throws -> JSON {
        let prefix = "application/json; type="
        guard mimeType.begins(with: prefix), mimeType.text.utf8.dropFirst(prefix.utf8.count).elementsEqual(name.utf8) else {
            throw PartError.notRecord(mimeType, wanted: name)
        }
        return try JSON(parsing: Array(text.utf8))
    }

    /// A call of a function. `arguments` is a JSON object.
    public static func functionCall(
        _ name: String, arguments: JSON, id: String? = nil, role: String = "", substream: String = "", metadata: Metadata = Metadata()
    ) -> Part {
        Part(
            .functionCall(FunctionCall(id: id, name: name, arguments: arguments)), role: role, substream: substream, metadata: metadata)
    }

    /// What a called function gave, as a JSON value under `result`, or under `error`.
    public static func functionResponse(
        _ name: String?, _ value: JSON, callID: String? = nil, isError: Bool = false, willContinue: Bool? = nil,
        scheduling: FunctionResponse.Scheduling? = nil, role: String = "", substream: String = "", metadata: Metadata = Metadata()
    ) -> Part {
        let response = FunctionResponse(
            callID: callID, name: name, response: .object([JSON.Member(isError ? "error" : "result", value)]), willContinue: willContinue,
            scheduling: scheduling)
        return Part(.functionResponse(response), role: role, substream: substream, metadata: metadata)
    }

    /// What a called function gave as content: its text under `result` or `error` where all of it is text, else its bytes
    /// as pieces. Parts without bytes are left out of those.
    public static func functionResponse(
        _ name: String?, content: Content, callID: String? = nil, isError: Bool = false, willContinue: Bool? = nil,
        scheduling: FunctionResponse.Scheduling? = nil, role: String = "", substream: String = "", metadata: Metadata = Metadata()
    ) -> Part {
        if content.allSatisfy(\.isText) {
            return functionResponse(
                name, .string(content.text), callID: callID, isError: isError, willContinue: willContinue, scheduling: scheduling,
                role: role,
                substream: substream, metadata: metadata)
        }
        let pieces = content.compactMap { part in
            part.bytes.map { FunctionResponse.Piece(mimeType: part.mimeType, bytes: PayloadBytes($0)) }
        }
        let response = FunctionResponse(
            callID: callID, name: name, response: nil, pieces: pieces, willContinue: willContinue, scheduling: scheduling)
        return Part(.functionResponse(response), role: role, substream: substream, metadata: metadata)
    }

    /// Takes a call back. Its role is always `model`.
    public static func toolCancellation(callID: String, substream: String = "", metadata: Metadata = Metadata()) -> Part {
        let response = FunctionResponse(
            name: FunctionResponse.cancellation, response: .object([JSON.Member("function_call_id", .string(callID))]))
        return Part(.functionResponse(response), role: "model", substream: substream, metadata: metadata)
    }

    /// A line about what goes on, on the substream `status`, which overtakes ordinary parts.
    public static func status(_ text: String, metadata: Metadata = Metadata()) -> Part {
        Part(text, substream: "status", metadata: metadata)
    }

    /// A line for whoever looks for a mistake, on the substream `debug`, which overtakes ordinary parts.
    public static func debug(_ text: String, metadata: Metadata = Metadata()) -> Part {
        Part(text, substream: "debug", metadata: metadata)
    }

    /// An error as a part of type `text/x-exception` on the substream `status`; its metadata name the error's type and text.
    public static func exception(_ error: any Error) -> Part {
        Part(
            "An unexpected error occurred: \(error)", substream: "status", mimeType: .exception,
            metadata: ["original_exception": .string("\(error)"), "exception_type": .string("\(type(of: error))")])
    }
}
