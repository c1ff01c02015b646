import AtelierStages

/// One output and what it is made from.
struct Job: Hashable, Sendable {
    /// One input, or the slides of a deck in order.
    var inputs: [Input]
    /// Path to write; `-` is standard output.
    var output: String
    /// What to make.
    var format: Request.Target
    /// Whether a deck has a slide for each input and no others, so that an input has a number.
    var numbersInputs = true

    /// Whether several inputs share the output, one slide each.
    var isDeck: Bool { inputs.count > 1 }
}

/// Decides what is written where, before anything is read.
///
/// - Throws: when the inputs do not fit the output, two inputs would be written to one file, or an input would be overwritten.
func plan(_ inputs: [Input], verb: Verb, _ settings: Settings) throws(UsageError) -> [Job] {
    guard settings.output == nil || settings.directory == nil else { throw UsageError("-o and -d exclude each other") }
    var folder = settings.directory
    if let output = settings.output, output != "-", output.hasSuffix("/") || kind(of: output) == .folder { folder = output }
    let file = folder == nil ? settings.output : nil
    let format = try format(of: verb, settings, file: file)

    if let file {
        if format == .svg, inputs.count > 1 {
            let name = file == "-" ? "standard output" : printable(file)
            throw UsageError("\(inputs.count) pictures cannot share \(name); -d DIR writes one file for each")
        }
        let jobs = inputs.isEmpty ? [] : [Job(inputs: inputs, output: file, format: format)]
        try refuseOverwriting(jobs)
        return jobs
    }

    var jobs: [Job] = [], makers: [String: Input] = [:]
    for input in inputs {
        let output: String
        if input.isStandardInput {
            guard folder == nil else { throw UsageError("standard input has no name for a file in \(printable(folder!)); say -o FILE") }
            output = "-"
        } else {
            let stem = withoutKnownSuffix(folder.map { ($0.hasSuffix("/") ? $0 : $0 + "/") + input.relative } ?? input.path)
            output = stem + "." + format.rawValue
        }
        if let other = makers.updateValue(input, forKey: output) {
            if other.path == input.path { continue }
            throw UsageError(
                "\(other.shown) and \(input.shown) would both be written to \(printable(output)); convert them apart or rename one")
        }
        jobs.append(Job(inputs: [input], output: output, format: format))
    }
    try refuseOverwriting(jobs)
    return jobs
}

/// The jobs of a list with an input, a tab and an output on every line, and what is wrong with others of its lines.
///
/// - Throws: when two lines name one output, or one names another's input.
func jobs(listedIn bytes: [UInt8], verb: Verb) throws(UsageError) -> (jobs: [Job], problems: [String]) {
    var jobs: [Job] = [], problems: [String] = [], makers: [String: Int] = [:]
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        if line.isEmpty { continue }
        let place = "--batch, line \(index + 1)"
        let names = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard names.count == 2, !names[0].isEmpty, names[0] != "-", !names[1].isEmpty, names[1] != "-" else {
            problems.append("\(place): wants the path of an input, a tab and the path of an output")
            continue
        }
        guard let format = verb.format ?? Request.Target(suffixOf: names[1]) else {
            problems.append("\(place): \(printable(names[1])) ends in neither .svg nor .pptx")
            continue
        }
        if let other = makers.updateValue(index + 1, forKey: names[1]) {
            throw UsageError("--batch, lines \(other) and \(index + 1): both would write \(printable(names[1]))")
        }
        jobs.append(Job(inputs: [Input(path: names[0], relative: lastName(of: names[0]))], output: names[1], format: format))
    }
    try refuseOverwriting(jobs)
    return (jobs, problems)
}

private func format(of verb: Verb, _ settings: Settings, file: String?) throws(UsageError) -> Request.Target {
    let named = file.flatMap(Request.Target.init(suffixOf:))
    if let made = verb.format {
        guard let named, named != made else { return made }
        throw UsageError("\(verb.rawValue) makes \(made.rawValue), not \(printable(file!)); \"atelier convert\" makes both")
    }
    if let asked = settings.format {
        guard let named, named != asked else { return asked }
        throw UsageError("--to \(asked.rawValue) does not fit the name \(printable(file!))")
    }
    guard let named else { throw UsageError("what shall be made? Name the output .svg or .pptx, or say --to svg or --to pptx") }
    return named
}

private func withoutKnownSuffix(_ path: String) -> String {
    for suffix in [".png", ".jpg", ".jpeg", ".webp", ".svg"]
    where path.lowercased().hasSuffix(suffix) && lastName(of: path).utf8.count > suffix.utf8.count {
        return String(path.dropLast(suffix.count))
    }
    return path
}

/// Refuses outputs that are inputs, or something else that is read.
func refuseOverwriting(_ jobs: [Job], reading others: [Input] = []) throws(UsageError) {
    var sources: [FileIdentity: Input] = [:]
    for inputs in jobs.map(\.inputs) + [others] {
        for input in inputs where !input.isStandardInput {
            if let identity = FileIdentity(of: input.path) { sources[identity] = input }
        }
    }
    for job in jobs where job.output != "-" {
        if let identity = FileIdentity(of: job.output), let input = sources[identity] {
            throw UsageError("\(printable(job.output)) would overwrite the input \(input.shown); say another output")
        }
    }
}
