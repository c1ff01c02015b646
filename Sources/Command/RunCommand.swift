import AtelierJSON
import AtelierMemo
import AtelierPipelines
import AtelierStages

/// Sends files through a pipeline.
struct RunCommand: Hashable, Sendable {
    /// The document with the pipeline, `-` for standard input; nil where only the schema is wanted.
    var document: String?
    /// Files, folders, patterns and URLs.
    var operands: [String] = []
    /// Everything about files, configuration and talk.
    var settings = Settings()
    /// Values for variables of the pipeline, each `NAME=VALUE`.
    var assignments: [String] = []
    /// Whether the pipeline is drawn instead of run, and whether the schema of documents is printed.
    var graph = false, schema = false

    static let options: [Option<RunCommand>] =
        [
            .text(
                "output", letter: "o", \.settings.output, "OUT", group: "Files",
                "The output; - is standard output. A folder (ending in /, or there already) receives one file for each part that comes out."
            ),
            .text("directory", letter: "d", \.settings.directory, "DIR", group: "Files", "Folder that receives one file for each part."),
            .flag("force", letter: "f", \.settings.force, group: "Files", "Replaces outputs that are there already and differ."),
            .flag(
                "graph", \.graph, group: "Pipeline",
                "Draws the pipeline instead of running it: as text, or as SVG into the output where one is named."),
            .setting(
                "set", .text("NAME=VALUE"), group: "Pipeline",
                "Gives a variable of the pipeline another value; may be said again for others.",
                set: { if case .text(let words) = $1 { $0.assignments.append(words) } }),
            .flag("schema", \.schema, group: "Pipeline", "Prints the JSON Schema of pipelines."),
        ]
        // A presentation of all inputs is always made without those that fail.
        + (Settings.inputOptions + Settings.batchOptions.filter { $0.name != "keep-going" } + Configuration.flags
        + [
            .text("events", \.events, "FILE", group: "Talk", "Writes what the engine does, one JSON object a line."),
            Settings.profileOption(),
        ]
        + Settings.talkOptions).map { $0.of(\RunCommand.settings) }

    /// What holds before anything is said.
    init() {}

    /// Reads a command line behind `run`.
    ///
    /// - Parameter base: What holds where flags say nothing.
    init(parsing arguments: ArraySlice<String>, over base: RunCommand = RunCommand()) throws(UsageError) {
        self = base
        let words = try parse(arguments, options: Self.options, into: &self)
        document = words.first
        operands = Array(words.dropFirst())
        if schema {
            if let document { throw UsageError("--schema stands alone, without \(printable(document))") }
            return
        }
        guard document != nil else { throw UsageError("run wants a pipeline, a JSON document, and inputs after it") }
        if graph {
            if let operand = operands.first {
                throw UsageError("--graph draws the pipeline and takes no inputs such as \(printable(operand))")
            }
            return
        }
        if operands.isEmpty, settings.filesFrom == nil {
            throw UsageError("run wants at least one input after the pipeline: a file, a folder, a pattern, a URL, or - for standard input")
        }
        if (operands + [document, settings.filesFrom].compactMap(\.self)).count(where: { $0 == "-" }) > 1 {
            throw UsageError("standard input can be read only once")
        }
        if settings.output != nil, settings.directory != nil { throw UsageError("-o and -d exclude each other") }
        guard settings.output != nil || settings.directory != nil else {
            throw UsageError("where shall the outputs go? Say -o FILE for one, -d DIR for a file each")
        }
        try settings.checkBatch(readsStandardInput: (operands + [settings.filesFrom].compactMap(\.self)).contains("-"), makesSlides: false)
        if settings.json, settings.output == "-" { throw UsageError("--json and -o - would both write to standard output") }
        if settings.quiet, settings.verbose { throw UsageError("-q and -v exclude each other") }
    }

    /// Longest document, in bytes.
    private static let longestDocument = 1 << 20

    /// The pipeline that the document says.
    func pipeline(_ document: String, _ console: Console) throws(UsageError) -> Pipeline {
        var settings: [(name: String, value: String)] = []
        for words in assignments {
            guard let equals = words.firstIndex(of: "="), equals > words.startIndex else {
                throw UsageError("--set wants NAME=VALUE, not \(printable(words))")
            }
            settings.append((String(words[..<equals]), String(words[words.index(after: equals)...])))
        }
        do {
            return try Pipeline(
                parsing: console.read(document, limit: Self.longestDocument).withUnsafeBytes(Array.init), setting: settings)
        } catch let error as PipelineError {
            let place = document == "-" ? "standard input" : printable(document)
            throw UsageError("\(place): \(sentence(error))")
        } catch {
            // Whoever comes to `batch` with files wants one of these.
            let advice = document.hasSuffix(".json") ? "" : "; without a pipeline, atelier convert, trace and pptx take many files"
            throw UsageError(sentence(error) + advice)
        }
    }

    /// Prints the schema or draws the pipeline; nil when it is to be run.
    func answer(_ console: Console) throws -> ExitCode? {
        if schema {
            try console.write(Pipeline.schema.prettyBytes)
            return .done
        }
        guard graph, let document else { return nil }
        let pipeline = try pipeline(document, console)
        guard let output = settings.output, output != "-" else {
            try console.write(pipeline.textGraph)
            return .done
        }
        let drawn: Result<Delivery, DeliveryError> = Blob(pipeline.svgGraph).withUnsafeBytes { bytes in
            do throws(DeliveryError) {
                return .success(try deliver(bytes, to: output, force: settings.force))
            } catch { return .failure(error) }
        }
        _ = try drawn.get()
        return .done
    }
}
