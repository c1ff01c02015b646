import AtelierJSON
import AtelierOOXML
import AtelierStages

/// What a command line asks for, as a value.
enum Invocation: Hashable, Sendable {
    /// Make something.
    case convert(ConvertCommand)
    /// Show what making it would take.
    case explain(ConvertCommand)
    /// Make a collection.
    case compose(ComposeCommand)
    /// Say which version this is.
    case version(json: Bool)
    /// See to the cache.
    case cache(CacheCommand)
    /// Show the configuration.
    case config(ConfigCommand)
    /// Measure what the cache gains.
    case bench(BenchCommand)
    /// Check presentations.
    case check(CheckCommand)
    /// Say what pictures are like.
    case features(FeaturesCommand)
    /// Send files through a pipeline.
    case run(RunCommand)
    /// Answer over HTTP.
    case serve(ServeCommand)
    /// See to the keys of a service.
    case keys(KeysCommand)
    /// Run a command and say where its time went.
    case profile(ProfileCommand)
    /// Explain a command, or all of them.
    case help(Verb?, json: Bool)
}

/// The commands.
enum Verb: String, CaseIterable, Hashable, Sendable {
    case convert, trace, pptx, compose, run, serve, keys, explain, check, features, cache, config, bench, profile, version, help

    /// The command of a name; `batch` is another one of `run`.
    init?(named name: String) { self.init(rawValue: name == "batch" ? "run" : name) }

    /// The one format it makes; nil when it makes several or none.
    var format: Request.Target? {
        switch self {
        case .trace: .svg
        case .pptx: .pptx
        default: nil
        }
    }

    /// File name endings it takes from a folder.
    var suffixes: [String] { self == .trace ? ["png", "jpg", "jpeg", "webp"] : ["png", "jpg", "jpeg", "webp", "svg"] }
}

/// Something to make.
struct ConvertCommand: Hashable, Sendable {
    /// `convert`, `trace` or `pptx`.
    var verb: Verb
    /// Files, folders and patterns.
    var operands: [String] = []
    /// Everything about files, threads, cache and talk.
    var settings = Settings()
    /// Everything that decides the result.
    var conversion = ConversionOptions()
    /// Title of a presentation.
    var title: String?
    /// A presentation that the slides are put into, and a text file with their notes.
    var template: String?, notesFile: String?
    /// The folder that files named in drawings may lie in; nil for the folder of each drawing.
    var root: String?
    /// Whether `explain` says why something has to be made.
    var whyMissed = false

    /// Whether standard input is read.
    var readsStandardInput: Bool { standardInputUses > 0 }

    /// How many of its parts want standard input, which can be read once.
    fileprivate var standardInputUses: Int {
        (operands + [settings.filesFrom, settings.batch, settings.optionsFile, template, notesFile].compactMap(\.self)).count { $0 == "-" }
    }

    /// What `explain` takes beside the flags of the command it explains.
    static let explainOptions: [Option<ConvertCommand>] = [
        .flag("why-missed", \.whyMissed, group: "Explaining", "Says why something has to be made, and in what it differs from the nearest.")
    ]

    /// All flags of a verb.
    static func options(of verb: Verb) -> [Option<ConvertCommand>] {
        let parts = parts(of: verb)
        return (parts[..<1] + parts[2...] + parts[1..<2]).flatMap { $0() }
    }

    /// The same in parts, first those of files and of the engine, which are said most: making all of them is a tenth of the work of a small
    /// conversion.
    fileprivate static func parts(of verb: Verb) -> [() -> [Option<ConvertCommand>]] {
        [
            {
                Settings.fileOptions(choosesFormat: verb == .convert).map { $0.of(\ConvertCommand.settings) } + [
                    .text(
                        "root", \.root, "DIR", group: "Files",
                        "The folder that picture files named in SVG may lie in; without it, that of each drawing, and none for standard input."
                    )
                ]
            },
            { Settings.engineOptions(besideSlides: verb != .trace).map { $0.of(\.settings) } },
            { Settings.batchOptions.map { $0.of(\ConvertCommand.settings) } },
            { verb == .pptx ? [] : Settings.reviewOptions.map { $0.of(\ConvertCommand.settings) } },
            { ConversionOptions.tracing.map { $0.of(\ConvertCommand.conversion) } },
            {
                verb == .trace
                    ? []
                    : ConversionOptions.slides.map { $0.of(\ConvertCommand.conversion) } + [
                        .text("title", \.title, "TEXT", group: "Slides", "Title in the properties of the presentation."),
                        .text(
                            "template", \.template, "FILE", group: "Slides",
                            "A presentation that the slides are put into, behind its own; its size, layouts and design hold."),
                        .text(
                            "notes-file", \.notesFile, "FILE", group: "Slides",
                            "A text file with the notes of the slides, a line of --- between two slides."),
                    ]
            },
            { ConversionOptions.limits.map { $0.of(\ConvertCommand.conversion) } },
        ]
    }
}

/// A command that wants a word after it, which decides about its options.
protocol ActingCommand: Sendable {
    associatedtype Action: RawRepresentable<String> & CaseIterable
    var action: Action { get }
    /// The options that this action alone takes.
    static func options(of action: Action) -> [Option<Self>]
    /// The options that all of them take.
    static var sharedOptions: [Option<Self>] { get }
}

extension ActingCommand {
    /// Those of all actions, for the help.
    static var allOptions: [Option<Self>] { Action.allCases.flatMap(options(of:)) + sharedOptions }
}

extension Invocation {
    /// What is to be made or explained; nil for everything else.
    var conversion: ConvertCommand? {
        switch self {
        case .convert(let command), .explain(let command): command
        default: nil
        }
    }

    /// Reads a command line (without the program's name).
    ///
    /// - Parameter base: what holds where flags say nothing; options from a file come in this way.
    init(parsing arguments: [String], over base: ConvertCommand? = nil) throws(UsageError) {
        guard let first = arguments.first else {
            self = .help(nil, json: false)
            return
        }
        let rest = arguments.dropFirst()
        switch first {
        case "-h", "--help":
            self = .help(nil, json: rest.contains("--json"))
            return
        case "--version":
            self = .version(json: rest.contains("--json"))
            return
        default: break
        }
        guard let verb = Verb(named: first) else {
            let question = closest(to: first.lowercased(), in: Verb.allCases.map(\.rawValue)).map { " (did you mean \($0)?)" } ?? ""
            throw UsageError("there is no command \(printable(first))\(question)")
        }
        // A request for help is answered even when the rest of the line is not right yet.
        let flags = rest.prefix { $0 != "--" }
        if verb != .help, flags.contains(where: { $0 == "-h" || $0 == "--help" }) {
            self = .help(verb, json: flags.contains("--json"))
            return
        }
        switch verb {
        case .convert, .trace, .pptx:
            self = .convert(try Invocation.conversion(verb, rest, ConvertCommand.parts(of: verb), over: base))
        case .explain:
            guard let made = rest.first.flatMap(Verb.init(rawValue:)), [.convert, .trace, .pptx].contains(made) else {
                throw UsageError("explain wants the command to explain after it: convert, trace or pptx")
            }
            let parts = ConvertCommand.parts(of: made) + [{ ConvertCommand.explainOptions }]
            self = .explain(try Invocation.conversion(made, rest.dropFirst(), parts, over: base))
        case .cache:
            var command = CacheCommand(action: try Invocation.word(after: verb, rest, wanting: "what to do"))
            try Invocation.parseOptions(after: verb, rest, into: &command)
            if command.checking.seed != nil, command.checking.sample == nil {
                throw UsageError("--seed says something about --sample only")
            }
            if command.settings.json, command.stats.prometheus { throw UsageError("--json and --prometheus exclude each other") }
            self = .cache(command)
        case .config:
            var command = ConfigCommand(action: try Invocation.word(after: verb, rest, wanting: "what to do"))
            try Invocation.parseOptions(after: verb, rest, into: &command)
            self = .config(command)
        case .bench:
            let _: BenchCommand.Subject = try Invocation.word(after: verb, rest, wanting: "what to measure")
            var command = BenchCommand()
            command.operands = try parse(rest.dropFirst(), options: BenchCommand.options, into: &command)
            self = .bench(command)
        case .compose:
            var command = ComposeCommand()
            command.operands = try parse(rest, options: ComposeCommand.options, into: &command)
            if command.operands.count != 1 { throw UsageError("compose wants one project: a project.json, or a folder of layers") }
            if command.settings.output == nil { throw UsageError("compose wants a folder to write to: -o DIR") }
            if command.settings.quiet, command.settings.verbose { throw UsageError("-q and -v exclude each other") }
            if command.resume, command.settings.force { throw UsageError("--resume keeps what --force would draw again; leave one away") }
            if command.provenance, command.pack || command.planOnly {
                throw UsageError("--provenance hashes the pictures in the folder; leave \(command.pack ? "--pack" : "--plan-only") away")
            }
            if command.planOnly, command.pack { throw UsageError("--plan-only draws nothing that --pack could pack") }
            if command.planFile != nil, command.composition.count != nil || command.composition.seed != nil {
                throw UsageError("--plan says which items there are; leave --\(command.composition.count != nil ? "count" : "seed") away")
            }
            if command.metadataOnly,
                command.planOnly || command.pack || command.provenance || command.settings.force || command.planFile != nil
                    || command.composition.count != nil || command.composition.seed != nil || command.composition.start != nil
            {
                throw UsageError(
                    "--metadata-only takes the plan in the folder and draws nothing; it goes with --standard, --base-uri and --format")
            }
            self = .compose(command)
        case .check:
            var command = CheckCommand()
            command.operands = try parse(rest, options: CheckCommand.options, into: &command)
            if command.operands.isEmpty, command.settings.filesFrom == nil {
                throw UsageError("check wants at least one file, folder or pattern, or - for standard input")
            }
            self = .check(command)
        case .features:
            var command = FeaturesCommand()
            command.operands = try parse(rest, options: FeaturesCommand.options, into: &command)
            if command.operands.isEmpty {
                throw UsageError("features wants at least one picture, folder or pattern, or - for standard input")
            }
            self = .features(command)
        case .run: self = .run(try RunCommand(parsing: rest))
        case .serve: self = .serve(try ServeCommand(parsing: rest))
        case .keys:
            var command = KeysCommand(action: try Invocation.word(after: verb, rest, wanting: "what to do"))
            let own = command.action == .add ? KeysCommand.newKeyOptions : []
            let names = try parse(rest.dropFirst(), options: own + KeysCommand.sharedOptions, into: &command)
            guard names.count == (command.action == .list ? 0 : 1) else {
                throw UsageError(
                    command.action == .list ? "keys list takes no name" : "keys \(command.action.rawValue) wants the name of one key")
            }
            command.name = names.first
            self = .keys(command)
        case .profile: self = .profile(try ProfileCommand(parsing: rest))
        case .version, .help:
            var json = false
            let operands = try parse(rest, options: [.flag("json", \.self, group: "Talk", "Answers in JSON.")], into: &json)
            if verb == .version {
                if let operand = operands.first { throw UsageError("version takes no \(printable(operand))") }
                self = .version(json: json)
            } else {
                let topic = operands.first.flatMap(Verb.init(named:))
                guard operands.isEmpty || topic != nil else { throw UsageError("there is no command \(printable(operands[0]))") }
                self = .help(topic, json: json)
            }
        }
    }

    /// What the word after a command says, such as `stats` after `cache`.
    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        after verb: Verb, _ rest: ArraySlice<String>, wanting what: String
    ) throws(UsageError) -> Word {
        guard let word = rest.first.flatMap(Word.init(rawValue:)) else {
            throw UsageError("\(verb.rawValue) wants \(what) after it: \(inWords(Word.allCases.map(\.rawValue)))")
        }
        return word
    }

    /// Reads what follows such a word where only options may.
    private static func parseOptions<Command: ActingCommand>(
        after verb: Verb, _ rest: ArraySlice<String>, into command: inout Command
    ) throws(UsageError) {
        let options = Command.options(of: command.action) + Command.sharedOptions
        let operands = try parse(rest.dropFirst(), options: options, into: &command) { name in
            let owner = Command.Action.allCases.first { Command.options(of: $0).contains { $0.isCalled(name) } }
            return owner.map { "\(verb.rawValue) \($0.rawValue)" }
        }
        if let operand = operands.first { throw UsageError("\(verb.rawValue) \(rest[rest.startIndex]) takes no \(printable(operand))") }
    }

    private static func conversion(
        _ verb: Verb, _ arguments: ArraySlice<String>, _ parts: [() -> [Option<ConvertCommand>]], over base: ConvertCommand?
    ) throws(UsageError) -> ConvertCommand {
        var conversion = base ?? ConvertCommand(verb: verb)
        conversion.operands = try parse(arguments, parts: parts, into: &conversion)
        let settings = conversion.settings
        if settings.batch != nil {
            let names: [(name: String, isSaid: Bool)] = [
                ("inputs", !conversion.operands.isEmpty), ("--files-from", settings.filesFrom != nil), ("-o", settings.output != nil),
                ("-d", settings.directory != nil), ("--to", settings.format != nil), ("--json", settings.json),
            ]
            if let other = names.first(where: \.isSaid) {
                throw UsageError(
                    "--batch and \(other.name) exclude each other: the list names inputs and outputs, and is reported line by line")
            }
        } else if conversion.operands.isEmpty, settings.filesFrom == nil {
            throw UsageError("\(verb.rawValue) wants at least one input: a file, a folder, a pattern, or - for standard input")
        }
        if settings.json, settings.output == "-" { throw UsageError("--json and -o - would both write to standard output") }
        if conversion.standardInputUses > 1 { throw UsageError("standard input can be read only once") }
        if settings.quiet, settings.verbose { throw UsageError("-q and -v exclude each other") }
        if settings.keepGoing, settings.failFast { throw UsageError("--keep-going and --fail-fast exclude each other") }
        try settings.checkBatch(readsStandardInput: conversion.readsStandardInput, makesSlides: verb != .trace)
        if conversion.template != nil {
            if conversion.title != nil { throw UsageError("a template keeps its own title; leave --title or --template away") }
            if conversion.conversion.slide.size != nil { throw UsageError("a template has its own slide size; leave --slide-size away") }
        } else if conversion.conversion.deck.layout != nil || conversion.conversion.deck.placeholder != nil {
            throw UsageError("--layout and --placeholder are those of a template; name one with --template")
        }
        if conversion.notesFile != nil, conversion.conversion.deck.notesFromDescriptions {
            throw UsageError("--notes and --notes-file exclude each other")
        }
        return conversion
    }
}
