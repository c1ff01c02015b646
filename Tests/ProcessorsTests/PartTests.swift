import AtelierJSON
import AtelierMemo
import AtelierProcessors
import Testing

@Suite("Parts")
struct PartTests {
    @Test("Bytes of a text type become text, others stay bytes, and what is not UTF-8 is refused")
    func bytes() throws {
        let text = try Part(bytes: Blob("hé"), mimeType: "Text/CSV")
        #expect(text.payload == .text("hé"))
        #expect(text.mimeType.text == "Text/CSV")
        let picture = try Part(bytes: Blob([1, 2]), mimeType: "image/png", role: "user")
        #expect(picture.bytes == Blob([1, 2]))
        #expect(throws: PartError.notText("image/png")) { try picture.text }
        #expect(throws: PartError.notUTF8("text/plain")) { try Part(bytes: Blob([0xFF]), mimeType: "text/plain") }
    }

    @Test("Another text keeps the header; that of a picture becomes plain text")
    func replacing() throws {
        let part = Part("a", role: "user", substream: "s", mimeType: "text/html", metadata: ["a": 1])
        let other = part.replacing(text: "b")
        #expect(other == Part("b", role: "user", substream: "s", mimeType: "text/html", metadata: ["a": 1]))
        #expect(other.mimeType == "text/html")
        #expect(try part.text == "a")
        let picture = try Part(bytes: Blob([1]), mimeType: "image/png", role: "model")
        #expect(picture.replacing(text: "c").mimeType == .plainText)
        #expect(picture.replacing(text: "c").role == "model")
    }

    @Test("Changing a copy leaves the original alone")
    func copies() {
        let part = Part("a", metadata: ["x": 1])
        var copy = part
        copy.role = "model"
        copy.substream = "s"
        copy.metadata["x"] = nil
        copy.metadata["y"] = 2
        copy.mimeType = .json
        copy.isThought = true
        #expect(part.role == "" && part.substream == "" && part.metadata == ["x": 1] && part.mimeType == .plainText && !part.isThought)
        #expect(copy.metadata == ["y": 2] && copy.role == "model" && copy.isText && copy.isThought)
        #expect(copy != part)
        #expect(Set([part, Part("a", metadata: ["capture_time": 3, "x": 1])]).count == 1)
    }

    @Test("The type counts for bytes, not for text")
    func typesInComparisons() throws {
        #expect(Part("a", mimeType: "text/csv") == Part("a"))
        #expect(try Part(bytes: Blob([1]), mimeType: "image/png") != Part(bytes: Blob([1]), mimeType: "image/jpeg"))
    }

    @Test("Parts with a meaning of their own")
    func makers() throws {
        #expect(Part.endOfTurn(substream: "s", metadata: ["a": 1]).isEndOfTurn)
        #expect(!Part("a").isEndOfTurn)
        #expect(Part.toolCancellation(callID: "7").cancelledCallID == "7")
        #expect(Part.toolCancellation(callID: "7").role == "model")
        #expect(Part.functionCall("f", arguments: ["x": 1]).mimeType == .functionCall)
        #expect(Part.functionCall("f", arguments: ["x": 1]).functionCall?.name == "f")
        let text = Part.functionResponse("f", content: ["a", "b"], isError: true)
        #expect(text.functionResponse?.response == .object([.init("error", "ab")]))
        let picture = try Part(bytes: Blob([1]), mimeType: "image/png")
        let mixed = Part.functionResponse("f", content: ["a", picture])
        #expect(mixed.functionResponse?.pieces.map(\.mimeType) == ["text/plain", "image/png"])
        #expect(mixed.mimeType == .functionResponse)
        #expect(Part.file(uri: "gs://a", mimeType: "image/png").mimeType.isImage)
        #expect(Part.image(Blob([0x89, 0x50, 0x4E, 0x47, 0]))?.mimeType == "image/png")
        #expect(Part.image(Blob("RIFF0000WEBP"))?.mimeType == "image/webp")
        #expect(Part.image(Blob("GIF89a"))?.mimeType == "image/gif")
        #expect(Part.image(Blob([0xFF, 0xD8, 0xFF]))?.mimeType == "image/jpeg")
        #expect(Part.image(Blob("<svg/>"))?.mimeType == "image/svg+xml")
        #expect(Part.image(Blob("hello")) == nil)
        #expect(Part.debug("d").substream == "debug")
    }

    @Test("Types are told apart in any case, with parameters or without")
    func mimeTypes() {
        #expect(MIMEType("Video/MP4").isVideo && !MIMEType("video").isVideo)
        #expect(MIMEType("AUDIO/L16; rate=24000").isStreamingAudio && MIMEType("audio/l16").isAudio)
        #expect(MIMEType("application/JSON; type=A").isJSON && MIMEType("TEXT/x-Exception").isException)
        #expect(MIMEType("Image/PNG") == "image/png" && Set<MIMEType>(["a/b", "A/B"]).count == 1)
    }

    @Test("Records carry the name of their type")
    func records() throws {
        let part = Part.record(["a": [1, nil]], type: "Point")
        #expect(part.mimeType.text == "application/json; type=Point")
        #expect(try part.record(type: "Point") == ["a": [1, nil]])
        #expect(throws: PartError.self) { try part.record(type: "Poin") }
        #expect(throws: PartError.self) { try Part("{}").record(type: "Point") }
    }

    @Test(
        "What the peer writes comes back as it was",
        arguments: [
            #"{"part": {"text": "h\u00e9"}, "role": "user", "substream_name": "", "mimetype": "text/plain", "metadata": {"a": 1}}"#,
            #"{"part": {"text": "t", "thought": true}, "role": "", "substream_name": "s", "mimetype": "text/plain", "metadata": {}}"#,
            #"{"part": {"inline_data": {"data": "AP_-", "mime_type": "image/png"}}, "role": "", "substream_name": "", "mimetype": "image/png", "metadata": {}}"#,
            #"{"part": {"inline_data": {"data": "AP/+YQ", "mime_type": "image/png"}}, "mimetype": null, "metadata": null}"#,
            #"{"part": {"file_data": {"display_name": "n", "file_uri": "u", "mime_type": "image/png"}}, "role": "", "substream_name": "", "mimetype": "image/png", "metadata": {"is_file": true}}"#,
            #"{"part": {"function_call": {"id": "3", "args": {"a": [1, 2.5, null]}, "name": "f"}}, "role": "", "substream_name": "", "mimetype": "application/x-protobuf; type=google.ai.generativelanguage.v1main.FunctionCall", "metadata": {}}"#,
            #"{"part": {"function_response": {"will_continue": true, "scheduling": "SILENT", "id": "7", "name": "f", "response": {"result": {"x": 1}}}}, "role": ""}"#,
            #"{"part": {"function_response": {"parts": [{"inline_data": {"mime_type": "image/png", "data": "YWI="}}], "name": "f"}}, "role": ""}"#,
            #"{"part": {"executable_code": {"code": "1+1", "language": "PYTHON"}}, "role": "model"}"#,
            #"{"part": {"code_execution_result": {"outcome": "OUTCOME_OK", "output": "2"}}, "role": "model", "unknown": [1]}"#,
            #"{"part": {"text": "quotes \" \\ / \b \f \n \r \t \ud83d\ude00"}, "role": "\"", "metadata": {"k\n": {"b": [true, false, null, "x"]}}}"#,
        ])
    func wireFormat(_ line: String) throws {
        let part = try Part(json: line)
        let again = try Part(json: part.json)
        #expect(again == part)
        #expect(again.json == part.json)
        #expect(again.mimeType == part.mimeType && again.metadata == part.metadata && again.isThought == part.isThought)
    }

    @Test("Fields of the wire format")
    func wireFields() throws {
        let part = try Part(bytes: Blob([0, 0xFF, 0xFE]), mimeType: "image/png", role: "user", substream: "s", metadata: ["i": 1])
        #expect(
            part.json
                == #"{"part":{"inline_data":{"data":"AP_-","mime_type":"image/png"}},"role":"user","substream_name":"s","mimetype":"image/png","metadata":{"i":1}}"#
        )
        for count in 0...5 {
            let bytes = try Part(bytes: Blob([UInt8](repeating: 0xA5, count: count)), mimeType: "image/png")
            #expect(try Part(json: bytes.json) == bytes)
        }
    }

    @Test(
        "A line that is no part is refused with a reason",
        arguments: [
            "", "[]", "{}", #"{"part": {}}"#, #"{"part": {"text": 3}}"#, #"{"part": {"video": 1}}"#, #"{"part": {"text": "a"}"#,
            #"{"part": {"text": "a"}, "role": 1}"#, #"{"part": {"inline_data": {"data": "A*", "mime_type": "a/b"}}}"#,
            #"{"part": {"inline_data": {"data": "A", "mime_type": "a/b"}}}"#, #"{"part": {"text": "a"}, "metadata": []}"#,
            #"{"part": {"text": "a"}} x"#, #"{"part": {"text": "a"}, "part": {"text": "b"}}"#,
        ])
    func malformed(_ line: String) {
        #expect(throws: PartError.self) { try Part(json: line) }
    }

    @Test("Contents: text, reasoning, pictures, groups")
    func contents() throws {
        let picture = try Part(bytes: Blob([1]), mimeType: "image/png", role: "user")
        let thought = Part(.text("hm"), role: "model", isThought: true)
        let content: Content = ["a", picture, thought, "b"]
        #expect(content.text == "ahmb")
        #expect(content.textAndReasoning == ("ab", "hm"))
        #expect(content.images == [picture])
        #expect(content.byMIMEType.map(\.type) == ["text/plain", "image/png"])
        #expect(content.byMIMEType.map(\.content.count) == [3, 1])
        #expect(content.byRole.map(\.role) == ["", "user", "model", ""])
        #expect(throws: PartError.self) { try content.text(strict: true) }
        #expect((content + Content("c")).count == 5)
        #expect(Content(content.dropFirst(3)) == ["b"])
    }
}
