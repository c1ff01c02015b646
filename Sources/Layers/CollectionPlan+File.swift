import AtelierJSON

extension CollectionPlan {
    /// The plan as a file (`docs/formats/project.md`): one line for each item, traits by their index in lists of names that stand in front, so
    /// that a project whose traits were moved since reads the same plan.
    public func fileBytes(for project: Project) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ text: String) { bytes += text.utf8 }
        func add(_ json: JSON) { bytes += json.bytes }
        add("{\"format\":\"atelier-plan\",\"version\":1,\"name\":")
        add(JSON.string(project.name))
        add(",\"seed\":\(seed),\"start\":\(start),\n\"layers\":[")
        for (index, layer) in project.layers.enumerated() {
            add(index == 0 ? "\n" : ",\n")
            add(JSON.object(["name": .string(layer.name), "traits": .array(layer.traits.map { .string($0.name) })]))
        }
        add("],\n\"oneOfOnes\":")
        add(JSON.array(project.handMade.map { .string($0.file) }))
        add(",\n\"items\":[")
        for index in 0..<count {
            add(index == 0 ? "\n" : ",\n")
            let item = self[index]
            let traits = "[" + item.traits.map { $0 == Self.none ? "null" : String($0) }.joined(separator: ",") + "]"
            switch item.kind {
            case .handMade(let index): add("{\"oneOfOne\":\(index)}")
            case .combined(configuration: 0): add(traits)
            case .combined(let configuration): add("{\"configuration\":\(configuration),\"traits\":\(traits)}")
            }
        }
        add("]}\n")
        return bytes
    }

    /// Reads a plan for a project: one that was written, or one made elsewhere, which needs `items` only.
    ///
    /// - Throws: When a name or an index is not in the project, when an item breaks a rule or equals another one.
    public init(parsing bytes: [UInt8], for project: Project) throws(ProjectError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw ProjectError(place: "plan", reason: "not JSON: \(error)") }
        let known = ["format", "version", "name", "seed", "start", "layers", "oneOfOnes", "items"]
        let fields = try ProjectFields(json, place: "", known: known)
        guard try fields.text("format") ?? "atelier-plan" == "atelier-plan", try fields.integer("version", in: 1...1) ?? 1 == 1 else {
            throw fields.error("format", "this is not a plan")
        }
        let names = try PlanNames(fields, project)
        self.init(
            seed: UInt64(try fields.integer("seed", in: 0...Int.max) ?? Int(project.seed)),
            start: try fields.integer("start", in: 0...1_000_000_000) ?? project.start, layerCount: project.layers.count)
        guard let items = try fields.elements("items"), !items.isEmpty, items.count <= Self.countLimit else {
            throw fields.error("items", "expected a list of 1 to \(Self.countLimit) items")
        }
        for (index, json) in items.enumerated() {
            let place = "items[\(index)]"
            if case .array(let traits) = json {
                append(try names.traits(traits, configuration: 0, place: place), configuration: 0)
                continue
            }
            let item = try ProjectFields(json, place: place, known: ["configuration", "traits", "oneOfOne"])
            if let picture = try item.integer("oneOfOne", in: 0...Int(Int16.max)) {
                append(handMade: try names.handMade(picture, place: place))
            } else {
                let configuration = try item.integer("configuration", in: 0...project.configurations.count - 1) ?? 0
                let traits = try item.elements("traits") ?? []
                append(try names.traits(traits, configuration: configuration, place: place), configuration: configuration)
            }
        }
        try check(project)
    }

    /// Refuses items that break a rule, and equal ones.
    func check(_ project: Project) throws(ProjectError) {
        var first: [[UInt16]: Int] = [:]
        let unique = project.layers.indices.filter { project.layers[$0].countsForUniqueness }
        for index in 0..<count {
            let item = self[index]
            guard case .combined = item.kind else { continue }
            if let rule = project.rules.first(where: { !$0.isKept(by: item.traits) }) {
                throw ProjectError(place: "item \(item.number)", reason: "breaks the rule '\(rule.text)'")
            }
            let key = unique.map { item.traits[item.traits.startIndex + $0] }
            if let other = first.updateValue(index, forKey: key) {
                throw ProjectError(place: "item \(item.number)", reason: "the same traits as item \(start + other)")
            }
        }
    }
}

/// The indices of a plan's file as those of the project.
private struct PlanNames {
    private let project: Project
    /// For each layer of the file its index in the project, and for each of its traits the index there.
    private var layers: [(layer: Int, traits: [UInt16])] = []
    private var pictures: [Int] = []

    init(_ fields: ProjectFields, _ project: Project) throws(ProjectError) {
        self.project = project
        guard let elements = try fields.elements("layers") else {
            layers = project.layers.enumerated().map { index, layer in (index, layer.traits.indices.map { UInt16($0) }) }
            pictures = Array(project.handMade.indices)
            return
        }
        for (index, json) in elements.enumerated() {
            let entry = try ProjectFields(json, place: "layers[\(index)]", known: ["name", "traits"])
            let name = try entry.text("name") ?? ""
            guard let layer = project.layers.firstIndex(where: { $0.name == name }) else {
                throw entry.error("name", "the project has no layer '\(name)'" + advice(for: name, among: project.layers.map(\.name)))
            }
            guard !layers.contains(where: { $0.layer == layer }) else { throw entry.error("name", "the layer '\(name)' stands twice") }
            var traits: [UInt16] = []
            for name in try entry.names("traits") ?? [] {
                traits.append(try project.layers[layer].trait(name, place: entry.place))
            }
            layers.append((layer, traits))
        }
        for file in try fields.names("oneOfOnes") ?? [] {
            guard let index = project.handMade.firstIndex(where: { $0.file == file }) else {
                throw fields.error("oneOfOnes", "the project has no picture '\(file)' made by hand")
            }
            pictures.append(index)
        }
    }

    func handMade(_ index: Int, place: String) throws(ProjectError) -> Int {
        guard pictures.indices.contains(index) else {
            throw ProjectError(place: place, reason: "there is no picture \(index) made by hand")
        }
        return pictures[index]
    }

    /// The traits of an item for all layers of the project.
    func traits(_ elements: [JSON], configuration: Int, place: String) throws(ProjectError) -> [UInt16] {
        guard elements.count == layers.count else {
            throw ProjectError(place: place, reason: "\(elements.count) traits for \(layers.count) layers")
        }
        var choice = [UInt16](repeating: CollectionPlan.none, count: project.layers.count)
        for (json, (layer, traits)) in zip(elements, layers) {
            switch json {
            case .null: continue
            case .integer(let index) where traits.indices.contains(index): choice[layer] = traits[index]
            default:
                throw ProjectError(
                    place: place,
                    reason: "layer '\(project.layers[layer].name)': expected null or a number from 0 to \(traits.count - 1)")
            }
        }
        try project.checkPresence(of: choice, configuration: configuration, place: place)
        return choice
    }
}

extension Project {
    /// Refuses a choice that has a trait where the configuration has no layer, or none where the layer is always there.
    func checkPresence(of choice: [UInt16], configuration: Int, place: String) throws(ProjectError) {
        for (index, layer) in layers.enumerated() {
            let isIn = configurations[configuration].layers.contains(index)
            if choice[index] == CollectionPlan.none, isIn, layer.probability == nil {
                throw ProjectError(place: place, reason: "the layer '\(layer.name)' is never left out, but has no trait here")
            }
            if choice[index] != CollectionPlan.none, !isIn {
                throw ProjectError(
                    place: place, reason: "the layer '\(layer.name)' is not in configuration \(configuration), but has a trait here")
            }
        }
    }
}

extension Layer {
    /// The index of a trait by its name.
    func trait(_ name: String, place: String) throws(ProjectError) -> UInt16 {
        guard let index = traits.firstIndex(where: { $0.name == name }) else {
            throw ProjectError(
                place: place, reason: "the layer '\(self.name)' has no trait '\(name)'" + advice(for: name, among: traits.map(\.name)))
        }
        return UInt16(index)
    }
}
