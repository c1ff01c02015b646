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
        /// What is wished of this file alone, where it differs; only for drawings, of which each is made of one file.
        var wishes: Wishes?

        var nameOrDigest: String { name.isEmpty ? String(digest.description.prefix(12)) : name }
    }

    /// How much an answer in JSON tells.
    enum Depth: String, CaseIterable, Sendable {
        /// What was made, by which steps.
        case brief
        /// And what it is like: likeness, counts, palette, what became of elements.
        case full
    }

    var wishes: Wishes
    var inputs: [Input]
    var urgency: Urgency
    var depth: Depth
    /// Where to tell that a job has ended.
    var webhook: String?
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
        var inputs: [Submission.Input] = []
        /// What single inputs say over the settings, by their place.
        var ownSettings: [Int: JSON] = [:]
        /// What was said by name, as texts; the first of a name holds.
        var words: [(name: String, value: String)]
        var settings: JSON?
        /// The project of a collection, in place of one among the files.
        var project: JSON?
        /// Of a form: the part that comes.
        var file: (upload: Upload, name: String)?
        var field: (name: String, body: ShortBody)?
        /// Bytes of all fields.
        var textCount = 0
    }

    /// Most bytes of JSON.
    static let longestText = 1 << 20
    /// Most files of one request.
    static let mostInputs = 1000
    /// Media types that are taken.
    static let types = [
        "image/png", "image/jpeg", "image/webp", "image/svg+xml", "application/zip", "application/octet-stream",
        "multipart/form-data", "application/json",
    ]

    private let service: ServiceState, kind: ConversionKind?, urgency: Urgency
    /// Used by whoever gives it bytes, then by whoever finishes it.
    private nonisolated(unsafe) var state: State

    /// - Parameter kind: What is made, where the path says it.
    /// - Throws: `Problem` for a media type that is not taken.
    init(_ call: Call, _ kind: ConversionKind?, in service: ServiceState) throws {
        (self.service, self.kind) = (service, kind)
        urgency = Urgency(call.head)
        let field = call.head.field("content-type"), type = field.map { FieldValue($0).value } ?? "application/octet-stream"
        let form: Form
        switch type {
        case "multipart/form-data":
            do throws(MultipartReader.Malformed) { form = .parts(try MultipartReader(contentType: field ?? "")) } catch {
                throw Problem(400, "bad-form", error.description)
            }
        case "application/json": form = .json(ShortBody(limit: Self.longestText))
        case _ where Self.types.contains(type):
            form = .file(try service.uploads.begin(limit: service.configuration.bodyLimit), name: call.head.query("name") ?? "")
        default:
            throw Problem(
                415, "unsupported-media-type", "a body of type \(type) is not taken here",
                hint: "send \(Self.types.joined(separator: ", "))")
        }
        state = State(form: form, words: call.head.query.filter { $0.name != "name" })
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
                guard state.inputs.count < Self.mostInputs else { throw Self.tooManyInputs }
                state.file = (try upload(), part.fileName ?? "")
            } else {
                state.field = (part.name, ShortBody(limit: Self.longestText - state.textCount))
            }
        case .bytes(let bytes):
            try state.file?.upload.take(bytes)
            try state.field?.body.take(bytes)
        case .end:
            if let (upload, name) = state.file {
                state.inputs.append(.init(digest: try kept(upload).digest, name: name))
            } else if let (name, body) = state.field {
                state.textCount += body.bytes.count
                if name == "settings" {
                    state.settings = try JSON(reading: body.bytes, called: "settings")
                } else {
                    guard let value = String(validating: body.bytes, as: UTF8.self) else {
                        throw Problem(400, "bad-form", "the field \(name) is not UTF-8")
                    }
                    state.words.append((name, value))
                }
            }
            (state.file, state.field) = (nil, nil)
        }
    }

    private static let tooManyInputs = Problem(
        422, "too-many-inputs", "a request has at most \(mostInputs) files", hint: "send several requests", limit: mostInputs)

    private func upload() throws(Problem) -> Upload {
        do throws(UploadFolder.Failure) { return try service.uploads.begin(limit: service.configuration.bodyLimit) } catch {
            throw Problem(error)
        }
    }

    private func kept(_ upload: Upload) throws(Problem) -> UploadFolder.Source {
        do throws(UploadFolder.Failure) { return try upload.finish() } catch {
            throw Problem(507, "storage-full", "\(error)", retryAfter: 60)
        }
    }

    /// What the whole request says.
    func finish() throws(Problem) -> Submission {
        switch state.form {
        case .file(let upload, let name):
            let source = try kept(upload)
            guard source.byteCount > 0 else { throw Problem(422, "empty-body", "the body is empty", hint: "send a picture or a drawing") }
            state.inputs = [.init(digest: source.digest, name: name)]
        case .json(let body): try take(JSON(reading: body.bytes, called: "body"))
        case .parts(let reader):
            do throws(MultipartReader.Failure) { try reader.finish() } catch { throw Problem(error) }
        }
        var words = state.words
        func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String, or fallback: Word?) throws(Problem) -> Word {
            let value = words.first { $0.name == name }?.value ?? fallback?.rawValue
            words.removeAll { $0.name == name && Word(rawValue: $0.value) != nil }
            guard let word = value.flatMap(Word.init(rawValue:)) else {
                throw Problem(422, "bad-\(name)", "'\(name)' is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
        // `kind` is also what presets are called on the command line.
        let kind: ConversionKind = if let kind = self.kind { kind } else { try word("kind", or: nil) }
        let urgency = try word("priority", or: urgency), depth = try word("report", or: Submission.Depth.full)
        let webhook = words.first { $0.name == "webhook" }?.value
        words.removeAll { $0.name == "webhook" }
        var wishes = Wishes(kind, over: service.configuration.conversion)
        let presets = words.filter { $0.name == "preset" }
        try wishes.take(presets)
        if let settings = state.settings { try wishes.take(settings) }
        try wishes.take(words.filter { $0.name != "preset" })
        if let project = state.project {
            guard kind == .compose else { throw Problem(422, "bad-request", "only a collection has a project") }
            state.inputs.removeAll { $0.name == ServiceState.projectFile }
            state.inputs.append(.init(digest: try service.keep(project.bytes), name: ServiceState.projectFile))
        }
        guard !state.inputs.isEmpty else {
            throw Problem(422, "no-input", "the request has no file", hint: "send one as the field 'file', or name one in 'inputs'")
        }
        for (place, settings) in state.ownSettings.sorted(by: { $0.key < $1.key }) {
            guard kind == .trace else {
                throw Problem(422, "bad-inputs", "only an input of a trace has settings of its own", hint: "move them into 'settings'")
            }
            var own = wishes
            try own.take(settings)
            if own != wishes { state.inputs[place].wishes = own }
        }
        return Submission(wishes: wishes, inputs: state.inputs, urgency: urgency, depth: depth, webhook: webhook)
    }

    private func take(_ json: JSON) throws(Problem) {
        guard case .object(let members) = json else {
            throw Problem(422, "bad-request", "the body is an object with 'inputs' and 'settings'")
        }
        for member in members {
            switch (member.name, member.value) {
            case ("inputs", let list): try takeInputs(list)
            case ("settings", let settings): state.settings = settings
            case ("project", let project): state.project = project
            case ("kind", .string(let value)), ("preset", .string(let value)), ("priority", .string(let value)),
                ("report", .string(let value)), ("webhook", .string(let value)):
                state.words.insert((member.name, value), at: 0)
            default:
                throw Problem(
                    422, "bad-request", "there is no member \"\(member.name)\" of that type",
                    hint: "inputs, settings, project, kind, preset, priority, report and webhook are known; options belong into settings")
            }
        }
    }

    private func takeInputs(_ json: JSON) throws(Problem) {
        guard case .array(let list) = json else { throw Problem(422, "bad-inputs", "'inputs' is a list of digests") }
        guard list.count <= Self.mostInputs else { throw Self.tooManyInputs }
        for value in list {
            let text = value.string ?? value["digest"]?.string, name = value["name"]?.string ?? ""
            guard let digest = text.flatMap(Digest.init) else {
                throw Problem(
                    422, "bad-inputs", "an input is a digest of 64 hexadecimal digits, or {\"digest\": …, \"name\": …, \"settings\": {…}}",
                    hint: "POST /v1/blobs answers with the digest of what it is given")
            }
            if let settings = value["settings"] { state.ownSettings[state.inputs.count] = settings }
            state.inputs.append(.init(digest: digest, name: name))
        }
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
