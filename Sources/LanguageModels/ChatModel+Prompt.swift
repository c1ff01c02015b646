import AtelierJSON
import AtelierMemo
import AtelierProcessors

// A prompt as the protocol wants it: messages by role, pictures as data URLs, functions with their schemas.

extension ChatModel {
    func body(for prompt: ModelPrompt) throws(ModelError) -> JSON {
        var messages: [JSON] = []
        for group in prompt.content.byRole { messages += try Self.messages(group.role, group.content) }
        return .object([
            "model": .string(name),
            "messages": .array(messages),
            "stream": .bool(true),
            "stream_options": .object(["include_usage": .bool(true)]),
            "tools": prompt.functions.isEmpty ? nil : .array(prompt.functions.map(Self.tool)),
            "temperature": options.temperature.map(JSON.number),
            "max_tokens": options.tokenLimit.map(JSON.integer),
            "seed": options.seed.map(JSON.integer),
            "response_format": options.answersInJSON ? .object(["type": .string("json_object")]) : nil,
        ])
    }

    private static func tool(_ function: ModelFunction) -> JSON {
        .object([
            "type": .string("function"),
            "function": .object([
                "name": .string(function.name), "description": .string(function.summary), "parameters": function.parameters.document,
            ]),
        ])
    }

    /// Neighbours of one role: a message of what they say and ask for, and one for each answer of a function.
    private static func messages(_ role: String, _ content: Content) throws(ModelError) -> [JSON] {
        var pieces: [JSON] = [], calls: [JSON] = [], answers: [JSON] = [], text = "", isText = true
        for part in content where !part.isThought {
            switch part.payload {
            case .text(let words):
                guard !words.isEmpty else { continue }
                text += words
                pieces.append(.object(["type": .string("text"), "text": .string(words)]))
            case .bytes(let bytes) where part.mimeType.isImage:
                isText = false
                let data = "data:\(part.mimeType);base64,\(base64(bytes.blob.bytes))"
                pieces.append(.object(["type": .string("image_url"), "image_url": .object(["url": .string(data)])]))
            case .file(let file) where file.mimeType.isImage:
                isText = false
                pieces.append(.object(["type": .string("image_url"), "image_url": .object(["url": .string(file.uri)])]))
            case .functionCall(let call):
                calls.append(
                    .object([
                        "id": .string(call.id ?? call.name), "type": .string("function"),
                        "function": .object(["name": .string(call.name), "arguments": .string(call.arguments.text)]),
                    ]))
            case .functionResponse(let response):
                guard response.pieces.isEmpty, let given = response.response else { throw .cannotSend("function response with bytes") }
                answers.append(
                    .object([
                        "role": .string("tool"), "tool_call_id": .string(response.callID ?? response.name ?? ""),
                        "content": .string(given.text),
                    ]))
            case .bytes, .file, .executableCode, .codeResult: throw .cannotSend("\(part.mimeType)")
            }
        }
        guard !pieces.isEmpty || !calls.isEmpty else { return answers }
        // A plain text where there is nothing else: every server takes that.
        let content: JSON = isText ? (pieces.isEmpty ? .null : .string(text)) : .array(pieces)
        let message = JSON.object([
            "role": .string(word(for: role)), "content": content, "tool_calls": calls.isEmpty ? nil : .array(calls),
        ])
        // Answers to the calls of the message before come first.
        return answers + [message]
    }

    private static func word(for role: String) -> String {
        switch role.lowercased() {
        case "model", "assistant": "assistant"
        case "system", "developer": "system"
        default: "user"
        }
    }
}
