import AtelierJSON
import AtelierStages

/// Widest line of help, in letters.
private let helpWidth = 80

/// Column in which the explanation of a flag begins.
private let helpColumn = 24

extension Verb {
    /// One sentence for the list of commands.
    var summary: String {
        switch self {
        case .convert: "Pictures to SVG or slides, SVG to slides."
        case .trace: "Pictures (PNG, JPEG, WebP) to SVG."
        case .pptx: "SVG or pictures to slides of native, editable shapes."
        case .compose: "Collections: thousands of pictures from layers, planned exactly."
        case .run: "Sends pictures and drawings through the steps of a pipeline."
        case .serve: "Serves conversions and the studio over HTTP."
        case .keys: "Makes, lists and removes the keys of a service."
        case .explain: "Shows what a command would take, without doing it."
        case .check: "Checks presentations for what PowerPoint would repair."
        case .features: "Says in numbers what pictures are like."
        case .cache: "Shows, checks, warms, simulates or empties the cache."
        case .config: "Shows what holds for cache and threads, and who says so."
        case .bench: "Measures what the cache gains here."
        case .profile: "Says where the time of a command goes, and compares two runs."
        case .version: "Says which version this is."
        case .help: "Explains a command."
        }
    }

    /// How it is called.
    var usage: String {
        switch self {
        case .convert: "atelier convert IN… -o OUT [options]"
        case .trace: "atelier trace IN… [-o OUT.svg] [options]"
        case .pptx: "atelier pptx IN… [-o OUT.pptx] [options]"
        case .compose: "atelier compose PROJECT -o DIR [options]"
        case .run: "atelier run PIPELINE.json IN… -o OUT [options]"
        case .serve: "atelier serve [--port N] [options]"
        case .keys: "atelier keys add|list|remove [NAME] [options]"
        case .explain: "atelier explain convert|trace|pptx IN… [options]"
        case .check: "atelier check FILE.pptx… [--json]"
        case .features: "atelier features IN… [--json]"
        case .cache: "atelier cache stats|clear|verify|warm|simulate|path [options]"
        case .config: "atelier config show|path [options]"
        case .bench: "atelier bench cache [IN…] [options]"
        case .profile: "atelier profile [options] -- COMMAND … | profile compare A B"
        case .version: "atelier version [--json]"
        case .help: "atelier help [COMMAND] [--json]"
        }
    }

    /// What a first reader wants to know beyond the summary, a paragraph each.
    fileprivate var explanation: [String] {
        switch self {
        case .convert, .trace, .pptx:
            [
                "Inputs are files, folders, quoted patterns such as 'art/**/*.png', or - for standard input. "
                    + "Their type is told by their content.",
                format == nil
                    ? "A .pptx output takes several inputs, one slide each; a folder receives one file for each input."
                    : "Without -o and -d the output stands beside its input; standard input goes to standard output.",
                "A run over many files goes on where another was stopped with --resume, and stays and follows changes with --watch.",
            ]
        case .compose:
            [
                "PROJECT is a project.json, a folder that holds one, or a folder of layers such as '01 Eyes/Green#12.png' "
                    + "(docs/formats/project.md). The plan comes first: what cannot be fulfilled is refused with the number of "
                    + "combinations there are, before anything is drawn.",
                "DIR receives images/N.png, metadata/N.json and sheet.png. The same command goes on where a run was stopped, and "
                    + "adds items when --count has grown; a folder of another collection is never touched. --force draws again "
                    + "what is there.",
            ]
        case .serve:
            [
                "Answers on 127.0.0.1:8080 unless told otherwise: / is the studio, /openapi.json lists what programs can ask "
                    + "(docs/service.md). What is uploaded and asked for is kept in --data, so a service that is started again goes on. "
                    + "Ctrl-C and a request to end let running work end first, for --drain seconds; the second one ends at once."
            ]
        case .keys:
            [
                "A new key is written once, to standard output; kept is its digest, in keys.json in the folder of --data. A service that "
                    + "runs learns of it within a second. As soon as there is a key, everybody needs one, unless serve --anonymous says else."
            ]
        case .run:
            [
                "A pipeline is a JSON document with a list of steps, such as {\"steps\": [{\"make\": \"svg\"}, {\"make\": \"pptx\"}]}: "
                    + "every picture is traced, and all drawings become the slides of one presentation. Steps make svg, png or pptx, "
                    + "with the options of the command line. --schema prints what may stand there, --graph draws what does.",
                "Inputs are files, folders, quoted patterns, URLs, or - for standard input. An input that fails is said and left out. "
                    + "\"atelier batch\" is the same command.",
            ]
        case .explain:
            [
                "Every line is one step: its digest, the level it is kept on, the time it took when it ran (alone, and with "
                    + "all that it is built on), its bytes. "
                    + "Nothing is made. Inputs and options are those of the command that is explained. --why-missed says why something "
                    + "has to be made: what each level says of it, and in what it differs from the nearest result that was kept."
            ]
        case .features:
            [
                "The numbers that models choose the options of tracing by (docs/formats/picture-features.md). What cannot be told of a "
                    + "picture, such as the width of edges where there are none, is - or null."
            ]
        case .check:
            [
                "Looks at archive, content types, relationships, required parts, order and ranges of the schemas, ids and media. "
                    + "Each finding names the part, the line, the element and what is wrong with it. Exit code 0 means nothing "
                    + "was found, 5 that something was, 3 that no file could be read."
            ]
        case .cache:
            [
                "stats shows what the cache holds and what the runs that used it have saved, with advice that follows from the "
                    + "numbers.",
                "verify reads every entry and removes the damaged ones; entries of other versions stay. With --sample it makes "
                    + "some logged requests anew and compares: a wrong result under a right key has a right checksum.",
                "warm makes or loads what the log of requests says is worth most, from sources that have not changed. "
                    + "clear removes the log too; it holds paths.",
                "simulate replays recorded requests through the level in memory and says how often it would have answered.",
            ]
        case .config:
            [
                "Flags win over variables such as ATELIER_DISK_LIMIT, these over the nearest atelier.json at or above the working "
                    + "directory, this over $XDG_CONFIG_HOME/atelier/atelier.json (~/.config/atelier/atelier.json), and all of "
                    + "them over the preset. Keys of the files are the names of the options.",
                "show prints every value, with --origin also who says so; path prints where the two files are or would be.",
            ]
        case .bench:
            [
                "Converts the inputs, or pictures and drawings of its own, without a cache and with each preset: into an empty cache, "
                    + "again, with one option changed, and in a new engine. Every output is compared. Caches are made in "
                    + "$TMPDIR (/tmp) and deleted; the one in use is left alone."
            ]
        case .profile:
            [
                "Runs the command with a clock on every step and, every millisecond of processor time, a look at what each thread does; then prints "
                    + "what took longest, in which functions, and what follows from the numbers. --profile also writes it to a file. The "
                    + "result of the command is what it always is.",
                "compare takes two profiles of the same work, .json or .folded, and lists what takes more or less than before, as far as the "
                    + "number of samples says that it is no chance.",
            ]
        default: []
        }
    }
}

/// Help on one command, or on all of them; every line ends in a line feed and has at most 80 letters.
func helpText(on verb: Verb?) -> String {
    guard let verb else {
        var text = "Usage: atelier COMMAND …\n\nCommands\n"
        for verb in Verb.allCases { text += row("  \(verb.rawValue)", verb.summary) }
        return text + "\n\"atelier help COMMAND\" lists its options. Exit codes: 0 all done, 1 some inputs\n"
            + "failed, 2 usage, 3 nothing could be read, 4 a limit was hit, 5 a check failed,\n130 interrupted.\n"
    }
    var text = "Usage: \(verb.usage)\n\n" + wrapped(verb.summary, indent: 0)
    for paragraph in verb.explanation { text += "\n" + wrapped(paragraph, indent: 0) }
    switch verb {
    case .convert, .trace, .pptx: text += rows(ConvertCommand.options(of: verb), defaults: ConvertCommand(verb: verb))
    case .compose: text += rows(ComposeCommand.options, defaults: ComposeCommand())
    case .run: text += rows(RunCommand.options, defaults: RunCommand())
    case .serve: text += rows(ServeCommand.options, defaults: ServeCommand())
    case .keys: text += rows(KeysCommand.newKeyOptions + KeysCommand.sharedOptions, defaults: KeysCommand(action: .add))
    case .check: text += rows(CheckCommand.options, defaults: CheckCommand())
    case .features: text += rows(FeaturesCommand.options, defaults: FeaturesCommand())
    case .cache: text += rows(CacheCommand.allOptions, defaults: CacheCommand(action: .stats))
    case .bench: text += rows(BenchCommand.options, defaults: BenchCommand())
    case .config: text += rows(ConfigCommand.allOptions, defaults: ConfigCommand(action: .show))
    case .profile: text += rows(ProfileCommand.options, defaults: ProfileCommand())
    default: break
    }
    return text
}

/// The options of a command as a JSON document with a schema; without a verb, of every command.
func helpJSON(on verb: Verb?) -> JSON {
    let verbs = verb.map { [$0] } ?? Verb.allCases
    return .object([
        "version": .integer(1),
        "commands": .array(
            verbs.map { verb in
                let options: JSON? =
                    switch verb {
                    case .convert, .trace, .pptx: ConvertCommand.options(of: verb).schema(defaults: ConvertCommand(verb: verb))
                    case .run: RunCommand.options.schema(defaults: RunCommand())
                    case .serve: ServeCommand.options.schema(defaults: ServeCommand())
                    case .keys: (KeysCommand.newKeyOptions + KeysCommand.sharedOptions).schema(defaults: KeysCommand(action: .add))
                    case .check: CheckCommand.options.schema(defaults: CheckCommand())
                    case .features: FeaturesCommand.options.schema(defaults: FeaturesCommand())
                    case .cache: CacheCommand.allOptions.schema(defaults: CacheCommand(action: .stats))
                    case .bench: BenchCommand.options.schema(defaults: BenchCommand())
                    case .config: ConfigCommand.allOptions.schema(defaults: ConfigCommand(action: .show))
                    case .profile: ProfileCommand.options.schema(defaults: ProfileCommand())
                    default: nil
                    }
                return .object([
                    "name": .string(verb.rawValue), "summary": .string(verb.summary), "usage": .string(verb.usage),
                    "options": options,
                ])
            }),
    ])
}

/// The options under their headings, in the order in which headings first appear.
private func rows<Root>(_ options: [Option<Root>], defaults: Root) -> String {
    var groups: [String] = []
    for option in options where !groups.contains(option.group) { groups.append(option.group) }
    return groups.map { group in
        "\n\(group)\n" + options.filter { $0.group == group }.map { row("  " + $0.flagText, $0.explanation(defaults: defaults)) }.joined()
    }.joined()
}

extension Option {
    /// `-o, --output OUT`.
    fileprivate var flagText: String {
        let placeholder =
            switch kind {
            case .flag: ""
            case .integer: " N"
            case .number: " X"
            case .bytes: " SIZE"
            case .choice: " WORD"
            case .text(let placeholder, _): " " + placeholder
            }
        return (letter.map { "-\($0), " } ?? "") + "--" + name + placeholder
    }

    /// Help with what is accepted and the default.
    fileprivate func explanation(defaults: Options) -> String {
        var details: [String] = []
        if let choices { details.append(choices) }
        switch read(defaults) {
        case .flag(false): break
        case .flag(true): details.append("default on; --no-\(name) switches it off")
        case let value: if let text = text(of: value) { details.append("default \(text)") }
        }
        return help + (details.isEmpty ? "" : " (" + details.joined(separator: "; ") + ")")
    }
}

/// A term and its explanation, which begins in the help column or, when the term reaches it, on the next line.
private func row(_ term: String, _ explanation: String) -> String {
    let body = wrapped(explanation, indent: helpColumn)
    if term.count < helpColumn - 1 { return term + body.dropFirst(term.count) }
    return term + "\n" + body
}

/// Words in lines of at most 80 letters, each after `indent` spaces.
private func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(separator: " ") {
        if line.count > indent, line.count + 1 + word.count > helpWidth {
            lines.append(line)
            line = margin
        }
        line += (line.count > indent ? " " : "") + word
    }
    return (lines + [line]).map { $0 + "\n" }.joined()
}
