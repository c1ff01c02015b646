import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierModels
import AtelierStages

/// Says in numbers what pictures are like.
struct FeaturesCommand: Hashable, Sendable {
    /// Files, folders and patterns.
    var operands: [String] = []
    /// Of which `json` matters.
    var settings = Settings()
    /// What is refused before a picture is decoded.
    var conversion = ConversionOptions()

    static var options: [Option<FeaturesCommand>] {
        Settings.talkOptions.filter { $0.name == "json" }.map { $0.of(\.settings) }
            + ConversionOptions.limits.filter { !$0.name.hasPrefix("max-svg") }.map { $0.of(\.conversion) }
    }

    /// Prints the numbers of every picture.
    func run(console: Console) throws -> ExitCode {
        let list = try expand(operands, suffixes: Verb.trace.suffixes)
        for problem in list.problems { console.say("atelier: \(problem)") }
        var answers: [JSON] = [], failed = list.problems.count, made = 0
        for input in list.inputs {
            do {
                let bytes = try console.read(input.path, limit: conversion.image.maxFileBytes).withUnsafeBytes(Array.init)
                let features = PictureFeatures(of: try decodeImage(bytes.span, limits: conversion.image))
                let kind = try TracingModel.shelf.use(TracingModel.inProgram) { $0.kind(of: features) }
                made += 1
                if settings.json {
                    answers.append(
                        .object([
                            "file": .string(input.path), "kind": .string(kind.name), "confidence": .number(hundredths(kind.confidence)),
                            "features": features.json,
                        ]))
                } else {
                    try console.write("\(input.shown): \(kind.name), confidence \(hundredths(kind.confidence))\n" + text(features))
                }
            } catch let error as SystemError {
                throw error
            } catch {
                failed += 1
                // Files that cannot be read are named by their error, pictures that cannot be decoded are not.
                let problem = error is ImageDecodingError ? "\(input.shown): \(sentence(error))" : sentence(error)
                if settings.json { answers.append(.object(["file": .string(input.path), "error": .string(problem)])) }
                console.say("atelier: \(problem)")
            }
        }
        if settings.json {
            try console.write(
                JSON.object(["version": .integer(1), "command": .string("features"), "files": .array(answers)]).prettyBytes)
        }
        return made == 0 ? .nothingRead : failed > 0 ? .someFailed : .done
    }

    private func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private func text(_ features: PictureFeatures) -> String {
        zip(PictureFeatures.names, features.values).map { name, value in
            "  \(name) \(value.isNaN ? "-" : String(describing: value))\n"
        }.joined()
    }
}
