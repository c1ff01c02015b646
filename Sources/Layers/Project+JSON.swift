import AtelierJSON
import AtelierPixels

extension Project {
    /// The members of each object of a project file; `docs/formats/project.schema.json` says the same.
    static let members: [String: [String]] = [
        "project": [
            "$schema", "name", "description", "width", "height", "seed", "count", "start", "delimiter", "background", "exact", "shuffle",
            "layers", "sets", "rules", "strict", "configurations", "oneOfOnes", "metadata",
        ],
        "background": ["generate", "lightness"],
        "layer": [
            "name", "dir", "z", "blend", "opacity", "x", "y", "probability", "exact", "unique", "display", "traits",
        ],
        "trait": ["name", "file", "weight", "count", "hidden", "x", "y", "z", "blend", "pieces"],
        "piece": ["file", "x", "y", "z", "blend"],
        "rule": ["kind", "a", "b", "all", "any", "of", "count"],
        "configuration": ["name", "layers", "count"],
        "oneOfOne": ["name", "file", "number", "attributes"],
        "metadata": [
            "symbol", "baseURI", "externalURL", "sellerFeeBasisPoints", "creators", "omitNone", "namePattern", "template",
        ],
        "creator": ["address", "share"],
    ]

    /// Reads a project file (`docs/formats/project.md`).
    ///
    /// - Parameters:
    ///   - bytes: JSON in UTF-8.
    ///   - files: The paths of all files in the project's folder, with `/` between names; layers that name a folder take their traits from
    ///     it, and files that are named must be among them. Nil when they are not known: then every trait has to be listed.
    public init(parsing bytes: [UInt8], files: [String]?) throws(ProjectError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw ProjectError(place: "project.json", reason: "not JSON: \(error)") }
        let fields = try ProjectFields(json, place: "", known: Self.members["project"] ?? [])
        _ = try fields.text("$schema")
        let delimiter = try fields.text("delimiter") ?? "#"
        guard !delimiter.isEmpty, !delimiter.contains("/"), !delimiter.contains("@") else {
            throw fields.error("delimiter", "expected text without / and @")
        }
        let folder = files.map { LayerFolder(files: $0, delimiter: delimiter) }
        let layers: [Layer]
        if let elements = try fields.elements("layers") {
            guard !elements.isEmpty else { throw fields.error("layers", "a collection needs at least one layer") }
            layers = try Self.layers(elements, folder: folder, files: files.map(Set.init))
        } else if let folder {
            layers = try folder.layers()
        } else {
            throw fields.error("layers", "a project without a folder lists its layers")
        }
        self.init(name: try fields.text("name") ?? "", layers: layers)
        try readOptions(fields)
        try readCollection(fields, files: files.map(Set.init))
        try check()
    }

    /// The project that a folder's files make, without a project file: a folder for each layer, a file for each trait, such as
    /// `02 Eyes/Green#12.5.png` (`docs/formats/project.md`).
    ///
    /// - Parameters:
    ///   - name: What the collection is called.
    ///   - files: The paths of all files in the folder, with `/` between names, in any order.
    ///   - delimiter: What stands between name and weight.
    public init(folder name: String, files: [String], delimiter: String = "#") throws(ProjectError) {
        self.init(name: name, layers: try LayerFolder(files: files, delimiter: delimiter).layers())
        try check()
    }

    // MARK: - Parts

    private mutating func readOptions(_ fields: ProjectFields) throws(ProjectError) {
        switch (try fields.integer("width", in: 1...65_535), try fields.integer("height", in: 1...65_535)) {
        case (let width?, let height?): size = PixelSize(width: width, height: height)
        case (nil, nil): size = nil
        default: throw fields.error("width", "width and height are given together")
        }
        seed = UInt64(try fields.integer("seed", in: 0...Int.max) ?? 0)
        count = try fields.integer("count", in: 1...CollectionPlan.countLimit)
        start = try fields.integer("start", in: 0...1_000_000_000) ?? 1
        isShuffled = try fields.flag("shuffle") ?? false
        if try fields.flag("exact") == true {
            for index in layers.indices { layers[index].isExact = true }
        }
        switch fields["background"] {
        case nil, .string("transparent"): background = .transparent
        case .string(let text):
            guard let color = RGBA8(hex: text) else {
                throw fields.error("background", "'\(text)' is no color; write \"transparent\" or #rrggbb")
            }
            background = .color(color)
        case .some(let json):
            let fields = try ProjectFields(json, place: "background", known: Self.members["background"] ?? [])
            guard try fields.flag("generate") == true else { throw fields.error("generate", "expected true") }
            let lightness = try fields.number("lightness", in: 0...1) ?? 0.5
            background = .generated(lightness: UInt8(lightness * 255 + 0.5))
        }
        metadata = try MetadataOptions(fields["metadata"], description: try fields.text("description") ?? "")
    }

    /// What names layers: rules, strict sets, configurations; and the pictures made by hand.
    private mutating func readCollection(_ fields: ProjectFields, files: Set<String>?) throws(ProjectError) {
        let reader = try RuleReader(layers: layers, sets: fields["sets"])
        for (index, json) in (try fields.elements("rules") ?? []).enumerated() { rules += try reader.rules(json, place: "rules[\(index)]") }
        for (index, json) in (try fields.elements("strict") ?? []).enumerated() {
            let place = "strict[\(index)]"
            guard case .array(let names) = json, names.count > 0 else {
                throw ProjectError(place: place, reason: "expected a list of layers")
            }
            var set: [Int] = []
            for name in names { set.append(try reader.layer(name, place: place)) }
            guard Set(set).count == set.count else { throw ProjectError(place: place, reason: "a layer stands twice") }
            strict.append(set.sorted())
        }
        if let elements = try fields.elements("configurations") {
            guard !elements.isEmpty else { throw fields.error("configurations", "expected at least one configuration") }
            configurations = []
            for (index, json) in elements.enumerated() {
                let fields = try ProjectFields(json, place: "configurations[\(index)]", known: Self.members["configuration"] ?? [])
                var places = Array(layers.indices)
                if let names = try fields.elements("layers") {
                    places = []
                    for name in names { places.append(try reader.layer(name, place: fields.place + ".layers")) }
                }
                configurations.append(
                    Configuration(
                        name: try fields.text("name") ?? "", layers: places,
                        count: try fields.integer("count", in: 0...CollectionPlan.countLimit)))
            }
        }
        for (index, json) in (try fields.elements("oneOfOnes") ?? []).enumerated() {
            let fields = try ProjectFields(json, place: "oneOfOnes[\(index)]", known: Self.members["oneOfOne"] ?? [])
            guard let file = try fields.file("file", among: files) else { throw fields.error("file", "which picture?") }
            var attributes: [HandMade.Attribute] = []
            if let json = fields["attributes"] {
                guard case .object(let members) = json else { throw fields.error("attributes", "expected an object {\"type\": \"value\"}") }
                for member in members {
                    guard case .string(let value) = member.value else {
                        throw fields.error("attributes.\(member.name)", "expected a text in double quotes")
                    }
                    attributes.append(HandMade.Attribute(name: member.name, value: value))
                }
            }
            handMade.append(
                HandMade(
                    name: try fields.text("name") ?? "", file: file, number: try fields.integer("number", in: 0...1_010_000_000),
                    attributes: attributes))
        }
    }

    private static func layers(_ elements: [JSON], folder: LayerFolder?, files: Set<String>?) throws(ProjectError) -> [Layer] {
        let wantsFolders = elements.contains { element in
            switch element {
            case .string: true
            case .object(let members): !members.contains { $0.name == "traits" || $0.name == "dir" }
            default: false
            }
        }
        let found = wantsFolders ? try folder?.layers() ?? [] : []
        var layers: [Layer] = []
        for (index, json) in elements.enumerated() {
            let place = "layers[\(index)]"
            guard case .string(let name) = json else {
                layers.append(try layer(json, place: place, folder: folder, found: found, files: files))
                continue
            }
            layers.append(try Self.found(name, among: found, place: place))
        }
        return layers
    }

    /// The layer that a folder is.
    private static func found(_ name: String, among found: [Layer], place: String) throws(ProjectError) -> Layer {
        guard let layer = found.first(where: { $0.name == name }) else {
            throw ProjectError(
                place: place, reason: "there is no folder of a layer '\(name)'" + advice(for: name, among: found.map(\.name)))
        }
        return layer
    }

    private static func layer(
        _ json: JSON, place: String, folder: LayerFolder?, found: [Layer], files: Set<String>?
    ) throws(ProjectError) -> Layer {
        let fields = try ProjectFields(json, place: place, known: members["layer"] ?? [])
        guard let name = try fields.text("name"), !name.isEmpty else { throw fields.error("name", "every layer has a name") }
        var layer = Layer(name: name, traits: [])
        layer.z = try fields.number("z", in: -1e6...1e6)
        layer.blend = try fields.blend("blend") ?? .normal
        layer.opacity = try fields.number("opacity", in: 0...1) ?? 1
        layer.offset = try fields.offset()
        if let probability = try fields.weight("probability") {
            guard probability.coefficient > 0, probability.value <= 1 else {
                throw fields.error("probability", "expected a number over 0 and at most 1")
            }
            layer.probability = probability
        }
        layer.isExact = try fields.flag("exact") ?? false
        layer.countsForUniqueness = try fields.flag("unique") ?? true
        switch fields["display"] {
        case nil: break
        case .bool(false): layer.displayName = nil
        case .string(let name) where !name.isEmpty: layer.displayName = name
        default: throw fields.error("display", "expected a name, or false to leave the layer out of the metadata")
        }
        if let elements = try fields.elements("traits") {
            for (index, json) in elements.enumerated() {
                layer.traits.append(try trait(json, place: "\(place).traits[\(index)]", files: files))
            }
        } else if let folder {
            if let path = try fields.text("dir") {
                layer.traits = try folder.traits(in: path)
            } else {
                layer.traits = try Self.found(name, among: found, place: place).traits
            }
        } else {
            throw fields.error("traits", "a layer lists its traits, or names their folder as \"dir\"")
        }
        return layer
    }

    private static func trait(_ json: JSON, place: String, files: Set<String>?) throws(ProjectError) -> Trait {
        let fields = try ProjectFields(json, place: place, known: members["trait"] ?? [])
        guard let name = try fields.text("name"), !name.isEmpty else { throw fields.error("name", "every trait has a name") }
        var trait = Trait(name: name, weight: try fields.weight("weight") ?? Weight(1), pieces: [])
        trait.count = try fields.integer("count", in: 0...CollectionPlan.countLimit)
        trait.isHidden = try fields.flag("hidden") ?? false
        if let count = trait.count, count > 0, trait.weight.coefficient == 0 {
            throw fields.error("weight", "a trait of weight 0 is never chosen, but is to occur \(count) times")
        }
        let offset = try fields.offset()
        if let file = try fields.file("file", among: files) {
            trait.pieces.append(
                Piece(file: file, z: try fields.number("z", in: -1e6...1e6), blend: try fields.blend("blend"), offset: offset))
        }
        for (index, json) in (try fields.elements("pieces") ?? []).enumerated() {
            let fields = try ProjectFields(json, place: "\(place).pieces[\(index)]", known: members["piece"] ?? [])
            guard let file = try fields.file("file", among: files) else { throw fields.error("file", "which picture?") }
            let piece = try fields.offset()
            trait.pieces.append(
                Piece(
                    file: file, z: try fields.number("z", in: -1e6...1e6), blend: try fields.blend("blend"),
                    offset: PixelOffset(x: offset.x + piece.x, y: offset.y + piece.y)))
        }
        return trait
    }

    /// What holds for every project, wherever it comes from.
    func check() throws(ProjectError) {
        func place(_ index: Int) -> String { "layers[\(index)] '\(layers[index].name)'" }
        guard layers.count <= 1000 else { throw ProjectError(place: "layers", reason: "\(layers.count) layers; at most 1000") }
        for (index, layer) in layers.enumerated() {
            if let first = layers.firstIndex(where: { $0.name == layer.name }), first < index {
                throw ProjectError(place: place(index), reason: "layers[\(first)] has the same name")
            }
            guard layer.traits.count < CollectionPlan.none else {
                throw ProjectError(place: place(index), reason: "\(layer.traits.count) traits; at most \(CollectionPlan.none - 1)")
            }
            guard layer.traits.contains(where: { $0.weight.coefficient > 0 }) else {
                throw ProjectError(place: place(index), reason: layer.traits.isEmpty ? "no traits" : "all weights are 0")
            }
            var names: Set<String> = []
            for trait in layer.traits where !names.insert(trait.name).inserted {
                throw ProjectError(place: place(index), reason: "two traits are called '\(trait.name)'")
            }
        }
        for (index, configuration) in configurations.enumerated() {
            let place = "configurations[\(index)]"
            guard !configuration.layers.isEmpty, Set(configuration.layers).count == configuration.layers.count else {
                throw ProjectError(place: place, reason: configuration.layers.isEmpty ? "no layers" : "a layer stands twice")
            }
            guard configuration.count != nil || index == configurations.count - 1 else {
                throw ProjectError(place: place, reason: "only the last configuration may do without a count")
            }
        }
        try checkTemplate()
        guard configurations.count < 0x8000, handMade.count < 0x8000 else {
            throw ProjectError(place: "configurations", reason: "more than 32767 configurations or pictures made by hand")
        }
    }
}

extension MetadataOptions {
    /// Reads the member `metadata`.
    fileprivate init(_ json: JSON?, description: String) throws(ProjectError) {
        self.init()
        self.description = description
        guard let json else { return }
        let fields = try ProjectFields(json, place: "metadata", known: Project.members["metadata"] ?? [])
        symbol = try fields.text("symbol") ?? ""
        baseURI = try fields.text("baseURI") ?? ""
        externalURL = try fields.text("externalURL") ?? ""
        sellerFeeBasisPoints = try fields.integer("sellerFeeBasisPoints", in: 0...10_000) ?? 0
        omitsNone = try fields.flag("omitNone") ?? false
        namePattern = try fields.text("namePattern") ?? namePattern
        template = fields["template"]
        for (index, json) in (try fields.elements("creators") ?? []).enumerated() {
            try add(creator: json, place: "metadata.creators[\(index)]")
        }
        try checkShares(place: "metadata.creators")
    }

    /// Reads one who made the collection.
    mutating func add(creator json: JSON, place: String) throws(ProjectError) {
        let fields = try ProjectFields(json, place: place, known: Project.members["creator"] ?? [])
        guard let address = try fields.text("address"), let share = try fields.integer("share", in: 0...100) else {
            throw fields.error("share", "a creator has an address and a share in percent")
        }
        creators.append(Creator(address: address, share: share))
    }

    /// Holds the creators to what is asked of them together.
    func checkShares(place: String) throws(ProjectError) {
        let sum = creators.reduce(0) { $0 + $1.share }
        guard creators.isEmpty || sum == 100 else {
            throw ProjectError(place: place, reason: "the shares sum to \(sum); they have to sum to 100")
        }
    }
}
