import AtelierMemo
import AtelierPipelines
import AtelierProcessors

/// Where the parts that come out of a pipeline go.
enum PipelineOutputs: Hashable {
    /// One file, or standard output for `-`.
    case file(String)
    /// A file each in a folder, whose path ends in `/`.
    case folder(String)

    /// What the flags say.
    /// - Throws: when the one file is named for something else than the last step makes.
    init(_ settings: Settings, of pipeline: Pipeline) throws(UsageError) {
        if let directory = settings.directory {
            self = .folder(directory.hasSuffix("/") ? directory : directory + "/")
            return
        }
        let output = settings.output ?? "-"
        if output != "-", output.hasSuffix("/") || kind(of: output) == .folder {
            self = .folder(output.hasSuffix("/") ? output : output + "/")
            return
        }
        let ending = output.split(separator: ".").last.flatMap { Pipeline.Target(rawValue: $0.lowercased()) }
        if let ending, case .make(let last)? = pipeline.steps.last, ending.mediaType != last.output {
            throw UsageError("\(printable(output)) is named for \(ending.rawValue), and the last step makes \(last.target.rawValue)")
        }
        self = .file(output)
    }
}

/// Writes the parts that come out of a pipeline.
struct PartCollector {
    /// One part that is where it should be.
    struct Made {
        var output: String, byteCount: Int, delivery: Delivery
    }

    /// In the order in which they came.
    private(set) var made: [Made] = []
    /// Why some were not written.
    private(set) var failures: [Failure] = []
    private let outputs: PipelineOutputs, force: Bool, failsFast: Bool, console: Console
    /// The inputs, which no output may replace.
    private let sources: [FileIdentity: Input]
    /// The part for the one file, until it is known to be the only one; and the files in the folder so far.
    private var kept: Part?, names: Set<String> = []

    init(_ outputs: PipelineOutputs, inputs: [Input], _ settings: Settings, console: Console) {
        (self.outputs, force, failsFast, self.console) = (outputs, settings.force, settings.failFast, console)
        let identities = inputs.compactMap { input in FileIdentity(of: input.path).map { ($0, input) } }
        sources = Dictionary(identities) { first, _ in first }
    }

    /// Takes a part. Those about the run itself are said.
    mutating func take(_ part: Part) throws(Failure) {
        if ReservedSubstreams.current.contains(part.substream) {
            if part.isText, let words = try? part.text { console.say("atelier: \(printable(words))") }  // a text has one
            return
        }
        switch outputs {
        case .file(let path):
            if let kept {
                let name = path == "-" ? "standard output" : printable(path)
                throw Failure(
                    kind: .other,
                    message:
                        "\(name) takes one part, and the pipeline gives more: \(kept.shown), then \(part.shown); -d DIR writes a file each")
            }
            kept = part
        case .folder(let folder):
            // One part that cannot be written is no reason to keep back the others.
            do throws(Failure) {
                let name = try name(of: part)
                guard names.insert(name).inserted else {
                    throw Failure(kind: .other, message: "two parts would both be written to \(printable(folder + name)); rename one input")
                }
                try write(part, to: folder + name)
            } catch  where error.kind != .brokenPipe && !failsFast { failures.append(error) }
        }
    }

    /// Writes what was kept.
    mutating func finish() throws(Failure) {
        guard let part = kept, case .file(let path) = outputs else { return }
        kept = nil
        try write(part, to: path)
    }

    /// The name of a part's file: its own, or that of its kind.
    private func name(of part: Part) throws(Failure) -> String {
        let name = part.name
        guard !name.isEmpty else {
            let ending = Pipeline.Target.allCases.first { $0.mediaType == part.mimeType.text }?.ending
            return ending == "pptx" ? "deck.pptx" : "part" + (ending.map { "." + $0 } ?? "")
        }
        // A name may come from a server.
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw Failure(kind: .other, message: "\(printable(name)) leads out of the folder for the outputs")
        }
        return name
    }

    private mutating func write(_ part: Part, to path: String) throws(Failure) {
        guard let bytes = part.bytes else { throw Failure(kind: .other, message: "\(part.shown) has no bytes to write") }
        if path != "-", let identity = FileIdentity(of: path), let input = sources[identity] {
            throw Failure(kind: .other, message: "\(printable(path)) would overwrite the input \(input.shown); say another output")
        }
        let outcome: Result<Delivery, DeliveryError> = bytes.withUnsafeBytes { bytes in
            do throws(DeliveryError) {
                guard path == "-" else { return .success(try deliver(bytes, to: path, force: force)) }
                do throws(SystemError) { try console.write(bytes) } catch { throw .system(error) }
                return .success(.streamed)
            } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let delivery): made.append(Made(output: path, byteCount: bytes.count, delivery: delivery))
        case .failure(.system(let error)) where error.isBrokenPipe: throw Failure(kind: .brokenPipe, message: error.description)
        case .failure(let error): throw Failure(kind: .other, message: error.description)
        }
    }
}

extension Part {
    /// The part in a message: its name where it has one, and its type.
    fileprivate var shown: String {
        name.isEmpty ? "a part of type \(printable(mimeType.text))" : "\(printable(name)) (\(printable(mimeType.text)))"
    }
}
