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
    /// Whether folders in folders are entered.
    var recursive = true
    /// Patterns of the files that are taken from folders and patterns, and of those that are not.
    var include: String?, exclude: String?
    /// JSON document with options that flags then override, `-` for standard input.
    var optionsFile: String?
    /// Whether existing outputs that differ are replaced.
    var force = false
    /// Whether a deck is made without the inputs that fail.
    var keepGoing = false
    /// Whether the first failure ends the run.
    var failFast = false
    /// File that notes what was made, and whether what it says is done stays as it is.
    var journal: String?, resume = false
    /// Longest time for one output; nil for any.
    var itemTimeout: Duration?
    /// How often an output is tried again after a failure that may pass.
    var retries = 0
    /// Whether the inputs are converted again whenever they change.
    var watch = false
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
    /// File that receives a page about the run, when it is named .html, else what became of every element.
    var report: String?
    /// Whether tracings are compared with their pictures.
    var stats = false
    /// PNG file that receives picture, tracing and difference.
    var compare: String?
    /// File that receives the engine's events, one JSON document a line.
    var events: String?
    /// File that receives a profile of the run.
    var profile: String?

    /// When progress is shown.
    enum Progress: String, CaseIterable { case auto, never, bar }

    /// File that receives a page about the run.
    var page: String? { report.flatMap { isPage($0) ? $0 : nil } }
    /// File that receives what became of every element.
    var decisions: String? { report.flatMap { isPage($0) ? nil : $0 } }

    private func isPage(_ path: String) -> Bool { [".html", ".htm"].contains { path.lowercased().hasSuffix($0) } }
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
        ] + to + inputOptions + [
            .text(
                "batch", \.batch, "FILE", group: "Files",
                "Converts what FILE lists, an input, a tab and an output a line; prints MS, the input and milliseconds for each."),
            .flag("force", letter: "f", \.force, group: "Files", "Replaces outputs that are there already and differ."),
            .text(
                "options", \.optionsFile, "FILE", group: "Files",
                "Reads options from a JSON object (- is standard input); flags win over it."),
        ]
    }

    /// Flags about which files are inputs.
    static var inputOptions: [Option<Settings>] {
        [
            .text(
                "files-from", aliases: ["from"], \.filesFrom, "FILE", group: "Files",
                "Reads further inputs from FILE, one a line or with NUL between them; - is standard input."),
            .flag("null", letter: "0", \.nullSeparated, group: "Files", "Names in --files-from end in NUL instead of a line feed."),
            .flag("recursive", letter: "r", \.recursive, group: "Files", "Takes the files of folders in folders too."),
            .text(
                "include", \.include, "PATTERN", group: "Files",
                "Takes from folders and patterns only what fits, such as '*-logo.*' or 'icons/**/*.{png,svg}'."),
            .text(
                "exclude", \.exclude, "PATTERN", group: "Files",
                "Leaves out of folders and patterns what fits, whole folders too, such as '{old,*.bak,**/drafts}'."),
        ]
    }

    /// Flags about runs over many inputs.
    static var batchOptions: [Option<Settings>] {
        [
            .flag(
                "keep-going", letter: "k", \.keepGoing, group: "Batch",
                "Makes a deck without the inputs that fail. A failure never stops other outputs."),
            .flag("fail-fast", \.failFast, group: "Batch", "Begins nothing more after the first input that fails."),
            .parsed(
                "item-timeout", \.itemTimeout, "TIME", form: durationForm, or: "none", group: "Batch",
                "Gives up an output that takes longer; the others go on.", parse: duration(written:), text: written),
            .integer(
                "retries", \.retries, 0...100, group: "Batch",
                "Tries again after a failure of files or network that may pass, with pauses from 0.1 s to 5 s; never after bad input."),
            .text(
                "journal", \.journal, "FILE", group: "Batch",
                "Notes every output in FILE as it is made; without --resume the file begins anew."),
            .flag(
                "resume", \.resume, group: "Batch",
                "Keeps what the journal says was made, where input, options and output are still the same. Without --journal it is "
                    + ".atelier-journal in the folder of -d."),
            .flag("watch", \.watch, group: "Batch", "Stays, and converts again what changes, until it is interrupted."),
            .text(
                "report", \.report, "FILE", group: "Batch",
                "FILE.html receives a page with pictures, plots, likeness and failures; another name, of slides, what became of every "
                    + "element as JSON: native, approximated, picture or omitted, and why."),
        ]
    }

    /// Flags about configuration and talk of the commands that make something.
    static func engineOptions(besideSlides: Bool = false) -> [Option<Settings>] {
        Configuration.flags + [
            .text("events", \.events, "FILE", group: "Talk", "Writes what the engine does, one JSON object a line."),
            profileOption(besideSlides: besideSlides),
        ] + talkOptions + [
            .choice("progress", \.progress, group: "Talk", "When to show progress; auto means on a terminal."),
            .flag("timing", \.timing, group: "Talk", "Prints TRACE_MS=, the processor time of decoding, work and writing."),
        ]
    }

    /// The flag of every command that works: `--profile FILE`. Where slides have a flag of that name, a file's name is told from its words.
    static func profileOption(besideSlides: Bool = false) -> Option<Settings> {
        .text(
            "profile-file", aliases: besideSlides ? [] : ["profile"], \.profile, "FILE", group: "Talk",
            "Writes where the time goes: .svg is a flame graph, .json for Perfetto, .folded stacks; also --profile FILE.")
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
