import AtelierJSON
import AtelierStages

/// What is made of files.
enum ConversionKind: String, CaseIterable, Sendable {
    case trace, pptx, compose

    /// What the result is.
    var type: String {
        switch self {
        case .trace: "image/svg+xml"
        case .pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        case .compose: "application/zip"
        }
    }

    /// What a file name of it ends in, without the dot.
    var suffix: String {
        switch self {
        case .trace: "svg"
        case .pptx: "pptx"
        case .compose: "zip"
        }
    }

    /// One sentence for people.
    var summary: String {
        switch self {
        case .trace: "A picture or drawing as SVG."
        case .pptx: "Pictures and drawings as slides."
        case .compose: "Layers of pictures as an archive of combinations with their metadata."
        }
    }

    /// What settings may say, in the order of the schema.
    var options: [Option<Wishes>] {
        let tracing = ConversionOptions.tracing.map { $0.of(\Wishes.conversion) }
        switch self {
        case .trace: return tracing
        case .pptx:
            return ConversionOptions.slides.map { $0.of(\Wishes.conversion) } + [
                .text("title", \.title, "TEXT", group: "Slides", "Title in the properties of the presentation.")
            ] + tracing
        case .compose: return CompositionOptions.all.map { $0.of(\Wishes.collection) }
        }
    }
}

/// What a request asks for besides its files.
struct Wishes: Sendable, Hashable {
    var kind: ConversionKind
    var conversion: ConversionOptions
    var title: String?
    /// Of a collection.
    var collection = CompositionOptions()

    init(_ kind: ConversionKind, over conversion: ConversionOptions) {
        self.kind = kind
        self.conversion = conversion
    }

    /// Takes settings as JSON; `preset` goes first wherever it stands.
    mutating func take(_ settings: JSON) throws(Problem) {
        guard case .object(let members) = settings else {
            throw Problem(422, "bad-settings", "the settings are an object such as {\"colors\": 12}")
        }
        let presets = members.filter { $0.name == "preset" || $0.name == "kind" }, others = members.filter { !presets.contains($0) }
        do throws(OptionError) { self = try kind.options.decode(.object(presets + others), over: self) } catch {
            throw Problem(422, "bad-settings", error.description, hint: "/v1/schema/\(kind.rawValue) lists the settings")
        }
    }

    /// Takes settings as texts, from a query or a form.
    mutating func take(_ settings: [(name: String, value: String)]) throws(Problem) {
        let isPreset = { (setting: (name: String, value: String)) in setting.name == "preset" || setting.name == "kind" }
        for (name, value) in settings.filter(isPreset) + settings.filter({ !isPreset($0) }) {
            let meant = ConversionOptions.name(name, with: value), options = kind.options
            guard let option = options.first(where: { $0.isCalled(meant) }) else {
                let question = closest(to: kebabCase(name), in: options.map(\.name)).map { " (did you mean \($0)?)" } ?? ""
                throw Problem(
                    422, "bad-settings", "there is no setting \(name)\(question)", hint: "/v1/schema/\(kind.rawValue) lists the settings")
            }
            do throws(OptionError) { option.write(&self, try option.value(from: value, called: name)) } catch {
                throw Problem(422, "bad-settings", error.description, hint: "/v1/schema/\(kind.rawValue) lists the settings")
            }
        }
    }

    /// The command line that does the same.
    func command(over defaults: ConversionOptions, inputs: [String]) -> String {
        let said = flags(saying: self, over: Wishes(kind, over: defaults), of: kind.options)
        let words = ["atelier", kind.rawValue] + inputs.map(shellWord) + (said.isEmpty ? [] : [said])
        return words.joined(separator: " ")
    }
}
