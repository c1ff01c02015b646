import AtelierStages

/// What a command is told about files, configuration and talk, whatever it makes.
struct Settings: Hashable, Sendable {
    /// The one output, `-` for standard output; a folder when it ends in `/` or is one.
    var output: String?
    /// Folder that receives one file for each input.
    var directory: String?
    /// The format to make, when the output's name does not say.
    var format: Request.Target?
    /// A list of further inputs, `-` for standard input.
    var filesFrom: String?
    /// A list of inputs with an output each, `-` for standard input.
    var batch: String?
    /// Whether the list separates names by NUL instead of line feeds.
    var nullSeparated = false
    /// JSON document with options that flags then override, `-` for standard input.
    var optionsFile: String?
    /// Whether existing outputs that differ are replaced.
    var force = false
    /// Whether a deck is made without the inputs that fail.
    var keepGoing = false
    /// Whether the first failure ends the run.
    var failFast = false
    /// What flags say about the configuration, by name of option.
    var said: [String: OptionValue] = [:]
    /// Whether the report is one JSON document on standard output.
    var json = false
    /// Whether only errors are shown.
    var quiet = false
    /// Whether every file and every approximation is shown.
    var verbose = false
    /// When progress is shown.
    var progress = Progress.auto
    /// Whether the processor time is printed.
    var timing = false
    /// File that receives what became of every element.
    var report: String?
    /// Whether tracings are compared with their pictures.
    var stats = false
    /// PNG file that receives picture, tracing and difference.
    var compare: String?
    /// File that receives the engine's events, one JSON document a line.
    var events: String?

    /// When progress is shown.
    enum Progress: String, CaseIterable { case auto, never, bar }
}

extension Request.Target {
    /// The format a file name ends in.
    init?(suffixOf path: String) {
        guard let dot = path.lastIndex(of: "."), let target = Self(rawValue: path[path.index(after: dot)...].lowercased()) else {
            return nil
        }
        self = target
    }
}

extension Settings {
    /// Flags about files; `choosesFormat` when the command's name does not say what it makes.
    static func fileOptions(choosesFormat: Bool) -> [Option<Settings>] {
        let to: [Option<Settings>] =
            choosesFormat
            ? [.choice("to", \.format, group: "Files", "What to make, when the output's name does not end in .svg or .pptx.")] : []
        return [
            .text(
                "output", letter: "o", \.output, "OUT", group: "Files",
                "The output; - is standard output. A folder (ending in /, or there already) receives one file for each input."),
            .text("directory", letter: "d", \.directory, "DIR", group: "Files", "Folder that receives one file for each input."),
        ] + to + [
            .text("files-from", \.filesFrom, "FILE", group: "Files", "Reads further inputs from FILE, one a line; - is standard input."),
            .text(
                "batch", \.batch, "FILE", group: "Files",
                "Converts what FILE lists, an input, a tab and an output a line; prints MS, the input and milliseconds for each."),
            .flag("null", letter: "0", \.nullSeparated, group: "Files", "Names in --files-from end in NUL instead of a line feed."),
            .flag("force", letter: "f", \.force, group: "Files", "Replaces outputs that are there already and differ."),
            .flag("keep-going", letter: "k", \.keepGoing, group: "Files", "Makes a deck without the inputs that fail."),
            .flag("fail-fast", \.failFast, group: "Files", "Stops at the first input that fails."),
            .text(
                "options", \.optionsFile, "FILE", group: "Files",
                "Reads options from a JSON object (- is standard input); flags win over it."),
        ]
    }

    /// Flags about configuration and talk of the commands that make something.
    static var engineOptions: [Option<Settings>] {
        Configuration.flags + [
            .text("events", \.events, "FILE", group: "Talk", "Writes what the engine does, one JSON object a line.")
        ] + talkOptions + [
            .choice("progress", \.progress, group: "Talk", "When to show progress; auto means on a terminal."),
            .flag("timing", \.timing, group: "Talk", "Prints TRACE_MS=, the processor time of decoding, work and writing."),
        ]
    }

    /// Flags about looking at tracings.
    static var reviewOptions: [Option<Settings>] {
        [
            .flag(
                "stats", \.stats, group: "Talk",
                "Compares each tracing with its picture: likeness, colour difference, edges, bytes, shapes and segments."),
            .text(
                "compare", \.compare, "FILE", group: "Files",
                "Writes picture, tracing and difference side by side as PNG; for one picture."),
        ]
    }

    /// Flags about what is said.
    static var talkOptions: [Option<Settings>] {
        [
            .flag("json", \.json, group: "Talk", "Reports on standard output as one JSON document."),
            .flag("quiet", letter: "q", \.quiet, group: "Talk", "Says nothing but errors."),
            .flag("verbose", letter: "v", \.verbose, group: "Talk", "Lists every file and every approximation."),
        ]
    }
}
