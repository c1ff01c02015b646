import AtelierImageTracing
import AtelierJSON
import AtelierStages

extension ServiceState {
    /// The settings of a conversion as JSON schema. Beside the standard words stands `x-atelier`, by which the studio draws its panels.
    func schema(of kind: ConversionKind) -> JSON {
        let options = kind.options, schema = options.schema(defaults: Wishes(kind, over: configuration.conversion))
        guard case .object(let members) = schema else { return schema }
        return .object(
            [
                .init("$schema", "https://json-schema.org/draft/2020-12/schema"), .init("$id", .string("/v1/schema/\(kind.rawValue)")),
                .init("title", .string(kind.rawValue)),
            ]
                + members.map { member in
                    guard member.name == "properties", case .object(let properties) = member.value else { return member }
                    return .init(member.name, .object(zip(options, properties).map { $0.described($1) }))
                })
    }

    /// Named sets of options with what they set.
    var presets: JSON {
        .array(
            TracePreset.allCases.map { preset in
                var options = configuration.conversion
                preset.apply(to: &options.trace)
                return .object([
                    "name": .string(preset.rawValue), "title": .string(preset.title),
                    "settings": said(options, over: configuration.conversion, of: ConversionOptions.tracing) ?? .object([]),
                ])
            })
    }
}

extension Option {
    /// A property of the schema with what a panel wants to know.
    fileprivate func described(_ property: JSON.Member) -> JSON.Member {
        guard case .object(let members) = property.value else { return property }
        let step: JSON? =
            switch kind {
            case .integer: .integer(1)
            case .number(let range): .number(Self.step(of: range))
            default: nil
            }
        let hints = JSON.object([
            "flag": .string("--" + name), "unit": unit.isEmpty ? nil : .string(unit), "panel": .string(group), "step": step,
            "level": .string(group.hasPrefix("Names of") ? "foreign" : isSetting ? "shortcut" : "plain"),
        ])
        return .init(property.name, .object(members + [.init("x-atelier", hints)]))
    }

    /// A hundredth of the range or less: 1, 2 or 5 times a power of ten.
    private static func step(of range: ClosedRange<Double>) -> Double {
        let most = (range.upperBound - range.lowerBound) / 100
        var power = 1e-6
        while power * 10 <= most { power *= 10 }
        let factor = [5.0, 2, 1].first { $0 * power <= most } ?? 1
        return factor * power
    }
}

extension TracePreset {
    /// As a list of presets shows it.
    fileprivate var title: String {
        switch self {
        case .logo: "Logo"
        case .icon: "Icon"
        case .illustration: "Illustration"
        case .lineart: "Line art"
        case .photo: "Photo"
        case .scan: "Scan"
        case .pixel: "Pixel art"
        case .bw: "Black and white"
        case .poster: "Poster"
        }
    }
}
