import AtelierImageTracing
import AtelierJSON
import Foundation
import Testing

@testable import AtelierStages

/// `docs/formats/trace-options.md` is made from the schema of the options.
@Suite("Options of tracing")
struct TraceOptionsPageTests {
    private static let page = Sample.root + "/docs/formats/trace-options.md"

    @Test("The page on tracing's options says what the schema says; UPDATE_REFERENCES=1 writes it")
    func page() throws {
        let text = Self.text()
        if ProcessInfo.processInfo.environment["UPDATE_REFERENCES"] == "1" {
            try text.write(toFile: Self.page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOfFile: Self.page, encoding: .utf8)
        let stale = zip(written.split(separator: "\n"), text.split(separator: "\n")).first { $0 != $1 }
        #expect(written == text, "run with UPDATE_REFERENCES=1 and look at what changed, first: \(stale.map { "\($0)" } ?? "its length")")
    }

    private static func text() -> String {
        var text = """
            # Options of tracing

            All of them are optional, as flags (`--color-distance 4`), in the JSON of `--options` (`{"color-distance": 4}`) and in
            `ConversionOptions`. The last one said holds; a preset, a quality and the names of other tracers set the options that they stand
            for at the place where they are said. A test holds this page to the schema and writes it.

            """
        var group = ""
        for option in ConversionOptions.tracing {
            if option.group != group {
                group = option.group
                text += "\n## \(group)\n\n| option | accepts | default | what it does |\n| --- | --- | --- | --- |\n"
            }
            let names = (["--" + option.name] + option.aliases.map { "--" + $0 } + [option.letter.map { "-\($0)" }].compactMap(\.self))
            let fallback = option.text(of: option.read(ConversionOptions())) ?? ""
            text += "| \(names.map { "`\($0)`" }.joined(separator: " ")) | \(option.accepted) | \(fallback) | \(option.help) |\n"
        }
        text += "\n## Presets\n\n| preset | is |\n| --- | --- |\n"
        for preset in TracePreset.allCases {
            var options = ConversionOptions()
            preset.apply(to: &options.trace)
            let set = ConversionOptions.tracing.compactMap { option -> String? in
                let value = option.read(options)
                return value == option.read(ConversionOptions()) ? nil : option.text(of: value).map { "--\(option.name) \($0)" }
            }
            text += "| \(preset.rawValue) | `\(set.joined(separator: " "))` |\n"
        }
        return text + """

            ## Not taken over

            vtracer's `segment_length`, `splice_threshold`, `max_iterations` and `mode` polygon or spline; potrace's page layout (`-W -H -r -x -S
            -A -M`), `--group`, `--flat`, `--opaque` and its turn policy `random`; each is refused, most with what to say instead. potrace's `-k` is
            `--blacklevel` here, because `-k` goes on after failures.

            """
    }

    @Test("A quality is a price: the default at 60, half of it every six more")
    func quality() throws {
        func price(_ quality: Int) throws -> Double {
            let options = try ConversionOptions.tracing.decode(
                .object([JSON.Member("quality", .integer(quality))]), over: ConversionOptions())
            #expect(options.trace.segment.lambda == options.trace.fit.lambda)
            return options.trace.fit.lambda
        }
        #expect(try price(60) == ConversionOptions().trace.fit.lambda)
        #expect(try price(66) == 300)
        #expect(try price(0) == 614_400)
        let best = try price(100)
        #expect(best > 5.9 && best < 5.91)
    }

    @Test("What is said after a preset holds, what is said before it does not")
    func presets() throws {
        func options(_ members: (String, JSON)...) throws -> TraceOptions {
            try ConversionOptions.tracing.decode(.object(members.map { JSON.Member($0.0, $0.1) }), over: ConversionOptions()).trace
        }
        let scan = try options(("preset", .string("scan")), ("speckle", .integer(3)))
        #expect(scan.quantize.mode == .bw && scan.quantize.bilevel.threshold == .sauvola && scan.segment.speckleArea == 3)
        #expect(try options(("kind", .string("scan")), ("speckle", .integer(3))) == scan)
        #expect(try options(("speckle", .integer(3)), ("preset", .string("scan"))).segment.speckleArea == 8)
    }

    @Test("Names of vtracer and potrace are taken in their units, and those without a meaning are answered")
    func foreignNames() throws {
        func options(_ name: String, _ value: JSON) throws -> TraceOptions {
            try ConversionOptions.tracing.decode(.object([JSON.Member(name, value)]), over: ConversionOptions()).trace
        }
        #expect(try options("filter_speckle", .integer(4)).segment.speckleArea == 16)
        #expect(try options("turdsize", .integer(4)).segment.speckleArea == 4)
        #expect(try options("color_precision", .integer(6)) == TraceOptions())
        #expect(try options("layer_difference", .integer(32)).quantize.colorDistance == 6)
        #expect(try options("hierarchical", .string("cutout")).fit.layering == .cutout)
        #expect(try options("colormode", .string("binary")).quantize.mode == .bw)
        #expect(try options("path_precision", .integer(8)).write.decimals == 3)
        #expect(try options("unit", .string("10")).write.decimals == 1)
        #expect(try options("turnpolicy", .string("left")).segment.turns == .white)
        #expect(try options("longcurve", .bool(true)).fit.joinTolerance == 0)
        let black = try options("blacklevel", .number(0.4)).quantize
        #expect(black.mode == .bw && black.bilevel.threshold == .level && black.bilevel.level == 0.4)
        #expect(throws: OptionError.self) { try options("turnpolicy", .string("random")) }
        let refusal = #expect(throws: OptionError.self) { try options("splice_threshold", .integer(45)) }
        #expect(refusal?.description.contains("say --corner") == true)
    }
}
