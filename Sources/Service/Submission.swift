import AtelierJSON
import AtelierMemo
import AtelierServing

/// What a client wants made, and of what.
struct Submission: Sendable {
    /// A file that is here.
    struct Input: Hashable, Sendable {
        var digest: Digest
        /// As the client calls it; empty for one without a name.
        var name: String
    }

    /// How much an answer in JSON tells.
    enum Depth: String, CaseIterable, Sendable {
        /// What was made, by which steps.
        case brief
        /// And what it is like: likeness, counts, palette, what became of elements.
        case full
    }

    var inputs: [Input] = []
    var wishes: Wishes
    var urgency: Urgency
    var depth = Depth.full
}

/// Reads a request for a conversion as its body comes: a form with files, one file as it is, or JSON that names files by digest.
///
/// One thread at a time uses it.
final class SubmissionReader: BodyTaker {
    private enum Form {
        case file(Upload, name: String)
        case json(ShortBody)
        case parts(MultipartReader)
    }

    private struct State {
        var form: Form
        var submission: Submission
        /// Of a form: the part that comes.
        var file: (upload: Upload, name: String)?
        var field: (name: String, body: ShortBody)?
        var settings: [(name: String, value: String)] = []
    }

    /// Most bytes of JSON.
    static let longestText = 1 << 20
    /// Most files of one request.
    static let mostInputs = 1000

    private let service: ServiceState
    /// Used by whoever gives it bytes, then by whoever finishes it.
    private nonisolated(unsafe) var state: State

    /// - Throws: `Problem` for a media type that is not taken.
    init(_ call: Call, _ kind: ConversionKind, in service: ServiceState) throws {
        self.service = service
        var submission = Submission(wishes: Wishes(kind, over: service.configuration.conversion), urgency: Urgency(call.head))
        var settings: [(name: String, value: String)] = []
        for (name, value) in call.head.query {
            guard try submission.takeOwn(name, value), name != "name" else {
                if name != "name" { settings.append((name, value)) }
                continue
            }
        }
        let type = call.head.field("content-type").map { FieldValue($0).value } ?? "application/octet-stream"
        let form: Form
        switch type {
        case "multipart/form-data":
            do throws(MultipartReader.Malformed) {
                form = .parts(try MultipartReader(contentType: call.head.field("content-type") ?? ""))
            } catch { throw Problem(400, "bad-form", error.description) }
        case "application/json": form = .json(ShortBody(limit: Self.longestText))
        case "image/png", "image/jpeg", "image/svg+xml", "application/octet-stream":
            form = .file(try service.uploads.begin(limit: service.configuration.bodyLimit), name: call.head.query("name") ?? "")
        default:
            throw Problem(
                415, "unsupported-media-type", "a body of type \(type) is not taken here",
                hint: "send image/png, image/jpeg, image/svg+xml, application/octet-stream, multipart/form-data or application/json")
        }
        state = State(form: form, submission: submission, settings: settings)
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        switch state.form {
        case .file(let upload, _): try upload.take(bytes)
        case .json(let body): try body.take(bytes)
        case .parts(var reader):
            // Taken out, so that the reader is not copied while it changes.
            state.form = .json(ShortBody(limit: 0))
            defer { state.form = .parts(reader) }
            var problem: Problem?
            do throws(MultipartReader.Failure) {
                try reader.read(bytes) { (event) throws(Refusal) in
                    do throws(Problem) { try take(event) } catch {
                        problem = error
                        throw Refusal(error.response(requestID: ""))
                    }
                }
            } catch { throw problem ?? Problem(error) }
        }
    }

    private func take(_ event: MultipartReader.Event) throws(Problem) {
        switch event {
        case .part(let part):
            if part.name == "file" || part.fileName != nil {
                guard state.submission.inputs.count < Self.mostInputs else {
                    throw Problem(413, "too-many-inputs", "a request has at most \(Self.mostInputs) files", limit: Self.mostInputs)
                }
                state.file = (try upload(), part.fileName ?? "")
            } else {
                state.field = (part.name, ShortBody(limit: Self.longestText))
            }
        case .bytes(let bytes):
            try state.file?.upload.take(bytes)
            try state.field?.body.take(bytes)
        case .end:
            if let (upload, name) = state.file {
                state.submission.inputs.append(.init(digest: try kept(upload).digest, name: name))
            } else if let (name, body) = state.field {
                if name == "settings" {
                    try state.submission.wishes.take(try JSON(reading: body.bytes, called: "settings"))
                } else {
                    guard let value = String(validating: body.bytes, as: UTF8.self) else {
                        throw Problem(400, "bad-form", "the field \(name) is not UTF-8")
                    }
                    if !(try state.submission.takeOwn(name, value)) { state.settings.append((name, value)) }
                }
            }
            (state.file, state.field) = (nil, nil)
        }
    }

    private func upload() throws(Problem) -> Upload {
        do throws(UploadFolder.Failure) { return try service.uploads.begin(limit: service.configuration.bodyLimit) } catch {
            throw Problem(507, "storage-full", "\(error)", retryAfter: 60)
        }
    }

    private func kept(_ upload: Upload) throws(Problem) -> UploadFolder.Source {
        do throws(UploadFolder.Failure) { return try upload.finish() } catch {
            throw Problem(507, "storage-full", "\(error)", retryAfter: 60)
        }
    }

    /// What the whole body says. Throws `Problem`.
    func finish() throws -> Submission {
        switch state.form {
        case .file(let upload, let name):
            let source = try kept(upload)
            guard source.byteCount > 0 else { throw Problem(422, "empty-body", "the body is empty", hint: "send a picture or a drawing") }
            state.submission.inputs = [.init(digest: source.digest, name: name)]
        case .json(let body): try take(JSON(reading: body.bytes, called: "body"))
        case .parts(let reader):
            do throws(MultipartReader.Failure) { try reader.finish() } catch { throw Problem(error) }
        }
        try state.submission.wishes.take(state.settings)
        guard !state.submission.inputs.isEmpty else {
            throw Problem(422, "no-input", "the request has no file", hint: "send one as the field 'file', or name one in 'inputs'")
        }
        for input in state.submission.inputs where service.uploads.file(of: input.digest) == nil {
            throw Problem(404, "no-such-blob", "there is no file \(input.digest) here", hint: "upload it with POST /v1/blobs")
        }
        return state.submission
    }

    private func take(_ json: JSON) throws(Problem) {
        guard case .object(let members) = json else {
            throw Problem(422, "bad-request", "the body is an object with 'inputs' and 'settings'")
        }
        for member in members {
            switch member.name {
            case "inputs": try takeInputs(member.value)
            case "settings": try state.submission.wishes.take(member.value)
            default:
                guard let value = member.value.string, try state.submission.takeOwn(member.name, value) || member.name == "preset" else {
                    throw Problem(
                        422, "bad-request", "there is no member \"\(member.name)\"",
                        hint: "inputs, settings, preset, priority and report are known; options belong into settings")
                }
                if member.name == "preset" { state.settings.append(("preset", value)) }
            }
        }
        // What settings say goes over the preset.
        if let settings = json["settings"], let preset = json["preset"]?.string {
            state.settings.removeAll { $0.name == "preset" }
            state.submission.wishes = Wishes(state.submission.wishes.kind, over: service.configuration.conversion)
            try state.submission.wishes.take([("preset", preset)])
            try state.submission.wishes.take(settings)
        }
    }

    private func takeInputs(_ json: JSON) throws(Problem) {
        guard case .array(let list) = json, list.count <= Self.mostInputs else {
            throw Problem(422, "bad-inputs", "'inputs' is a list of at most \(Self.mostInputs) digests", limit: Self.mostInputs)
        }
        for value in list {
            let text = value.string ?? value["digest"]?.string, name = value["name"]?.string ?? ""
            guard let digest = text.flatMap(Digest.init) else {
                throw Problem(
                    422, "bad-inputs", "an input is a digest of 64 hexadecimal digits, or {\"digest\": …, \"name\": …}",
                    hint: "POST /v1/blobs answers with the digest of what it is given")
            }
            state.submission.inputs.append(.init(digest: digest, name: name))
        }
    }
}

extension Submission {
    /// Takes what is no option of a conversion; whether it was known. Throws `Problem`.
    mutating func takeOwn(_ name: String, _ value: String) throws(Problem) -> Bool {
        func word<Word: RawRepresentable<String> & CaseIterable>() throws(Problem) -> Word {
            guard let word = Word(rawValue: value) else {
                throw Problem(422, "bad-\(name)", "'\(name)' is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
        switch name {
        case "priority": urgency = try word()
        case "report": depth = try word()
        default: return false
        }
        return true
    }
}

extension JSON {
    /// Reads a document from a client.
    init(reading bytes: [UInt8], called name: String) throws(Problem) {
        do throws(JSON.SyntaxError) { try self.init(parsing: bytes) } catch {
            throw Problem(400, "bad-json", "\(name): \(error.description)")
        }
    }
}
