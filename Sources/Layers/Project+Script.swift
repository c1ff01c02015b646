import AtelierJSON
import AtelierPixels

extension Project {
    /// The constants of a configuration that mean something here. What is left out is about the pictures' form (see `--size`) or by-products.
    private static let scriptConstants: Set<String> = [
        "namePrefix", "description", "baseUri", "layerConfigurations", "shuffleLayerConfigurations", "rarityDelimiter", "background",
        "network", "solanaMetadata",
    ]

    /// The project of a folder made for the generator HashLips: `layers/NAME/Trait#weight.png`, and a `config.js` with the order of the layers.
    ///
    /// `growEditionSizeTo` is the last number of a configuration, so it grows from one to the next. Of the options of a layer, `displayName`, `blend`,
    /// `opacity` and `bypassDNA` are read. Pictures have the size of the first, whatever `format` says.
    ///
    /// - Parameters:
    ///   - script: The bytes of `config.js`; nothing in it is run.
    ///   - files: The paths of all files in the folder, with `/` between names.
    /// - Throws: `ProjectError` with the line or the member that cannot be taken over.
    public init(script: [UInt8], folder name: String, files: [String]) throws(ProjectError) {
        let constants = try ScriptLiterals.constants(Self.scriptConstants, in: script)
        guard case .array(let elements)? = constants["layerConfigurations"], !elements.isEmpty else {
            throw ProjectError(place: "config.js", reason: "no layerConfigurations = [ … ] in it, which give the order of the layers")
        }
        var delimiter = "#"
        if case .string(let text)? = constants["rarityDelimiter"], !text.isEmpty { delimiter = text }
        let folder = LayerFolder(files: files, delimiter: delimiter)
        self.init(name: name, layers: [])
        configurations = []
        var grown = 0
        for (index, json) in elements.enumerated() {
            let fields = try ProjectFields(
                json, place: "layerConfigurations[\(index)]", known: ["growEditionSizeTo", "layersOrder", "namePrefix", "description"])
            guard let size = try fields.integer("growEditionSizeTo", in: 1...CollectionPlan.countLimit) else {
                throw fields.error("growEditionSizeTo", "how many items are there with this configuration?")
            }
            guard size > grown else {
                throw fields.error(
                    "growEditionSizeTo", "\(size) does not grow from \(grown); it counts the items of the configurations before it too")
            }
            var places: [Int] = []
            for (number, json) in (try fields.elements("layersOrder") ?? []).enumerated() {
                let layer = try Self.layer(json, place: "\(fields.place).layersOrder[\(number)]", folder)
                places.append(place(of: layer))
            }
            configurations.append(Configuration(name: "", layers: places, count: size - grown))
            grown = size
        }
        try readScript(constants)
        try check()
    }

    /// Where a layer stands: one with other options than that of the same folder stands for itself.
    private mutating func place(of layer: Layer) -> Int {
        var layer = layer, number = 1
        let name = layer.name
        while let index = layers.firstIndex(where: { $0.name == layer.name }) {
            if layers[index] == layer { return index }
            number += 1
            layer.name = "\(name) (\(number))"
        }
        layers.append(layer)
        return layers.count - 1
    }

    private static func layer(_ json: JSON, place: String, _ folder: LayerFolder) throws(ProjectError) -> Layer {
        let fields = try ProjectFields(json, place: place, known: ["name", "options"])
        guard let name = try fields.text("name"), !name.isEmpty else { throw fields.error("name", "every layer has a name") }
        var layer = Layer(name: name, traits: try folder.traits(in: "layers/" + name))
        guard let options = fields["options"] else { return layer }
        let said = try ProjectFields(options, place: place + ".options", known: ["displayName", "blend", "opacity", "bypassDNA"])
        if let name = try said.text("displayName"), !name.isEmpty { layer.displayName = name }
        layer.opacity = try said.number("opacity", in: 0...1) ?? 1
        layer.countsForUniqueness = try said.flag("bypassDNA") != true
        if let mode = try said.text("blend") {
            // MODE.colorDodge is color-dodge in CSS.
            let name = mode.reduce(into: "") { name, letter in name += letter.isUppercase ? "-" + letter.lowercased() : String(letter) }
            guard let blend = name == "source-over" ? .normal : BlendMode(rawValue: name) else {
                throw said.error(
                    "blend",
                    "'\(name)' is a mode of a canvas and no way to mix colors"
                        + advice(for: name, among: BlendMode.allCases.map(\.rawValue)))
            }
            layer.blend = blend
        }
        return layer
    }

    /// What is said once for the collection.
    private mutating func readScript(_ constants: [String: JSON]) throws(ProjectError) {
        func text(_ name: String) -> String? { if case .string(let text)? = constants[name] { text } else { nil } }
        name = text("namePrefix") ?? name
        metadata.description = text("description") ?? ""
        metadata.baseURI = text("baseUri") ?? ""
        isShuffled = constants["shuffleLayerConfigurations"] == .bool(true)
        // Numbers begin at 0 on that network.
        start = text("network") == "sol" ? 0 : 1
        if let json = constants["background"] { background = try Self.scriptBackground(json) }
        if let json = constants["solanaMetadata"] {
            let fields = try ProjectFields(
                json, place: "solanaMetadata", known: ["symbol", "seller_fee_basis_points", "external_url", "creators"])
            metadata.symbol = try fields.text("symbol") ?? ""
            metadata.sellerFeeBasisPoints = try fields.integer("seller_fee_basis_points", in: 0...10_000) ?? 0
            metadata.externalURL = try fields.text("external_url") ?? ""
            for (index, json) in (try fields.elements("creators") ?? []).enumerated() {
                try metadata.add(creator: json, place: "solanaMetadata.creators[\(index)]")
            }
            try metadata.checkShares(place: "solanaMetadata.creators")
        }
    }

    private static func scriptBackground(_ json: JSON) throws(ProjectError) -> Background {
        let fields = try ProjectFields(json, place: "background", known: ["generate", "brightness", "static", "default"])
        guard try fields.flag("generate") == true else { return .transparent }
        if try fields.flag("static") == true {
            let text = try fields.text("default") ?? "#000000"
            guard let color = RGBA8(hex: text) else { throw fields.error("default", "'\(text)' is no color; write #rrggbb") }
            return .color(color)
        }
        let brightness = try fields.text("brightness") ?? "80%"
        guard brightness.hasSuffix("%"), let percent = Double(brightness.dropLast()), (0...100).contains(percent) else {
            throw fields.error("brightness", "'\(brightness)' is no share; write \"80%\"")
        }
        return .generated(lightness: UInt8(percent / 100 * 255 + 0.5))
    }
}
