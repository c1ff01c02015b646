import AtelierJSON

/// The form that metadata of single items have.
public enum MetadataStandard: String, Hashable, Sendable, Codable, CaseIterable {
    /// As markets read ERC-721: name, description, image, attributes.
    case erc721
    /// As Metaplex asks for: the same, with fee, files and creators.
    case metaplex

    /// The standard of a name, also under the names of the chain or the market.
    public init?(name: String) {
        switch name.lowercased() {
        case "erc721", "erc-721", "opensea", "ethereum": self = .erc721
        case "metaplex", "solana": self = .metaplex
        default: return nil
        }
    }
}

extension Project {
    /// What an item is called.
    public func name(of item: CollectionPlan.Item) -> String {
        if case .handMade(let index) = item.kind, !handMade[index].name.isEmpty { return handMade[index].name }
        return metadata.namePattern.replacing("{name}", with: name).replacing("{number}", with: String(item.number))
    }

    /// The name of an item's trait in each layer, nil for none.
    func traitNames(of item: CollectionPlan.Item) -> [String?] {
        zip(layers, item.traits).map { layer, trait in trait == CollectionPlan.none ? nil : layer.traits[Int(trait)].name }
    }

    /// Where an item's picture is: under the base, or beside the folder of the metadata.
    private func image(of item: CollectionPlan.Item, ending: String) -> String {
        let base = metadata.baseURI
        return (base.isEmpty ? "../images/" : base.hasSuffix("/") ? base : base + "/") + "\(item.number).\(ending)"
    }

    /// The metadata of an item as a JSON document that ends with a line feed: the project's template, or a standard's form.
    ///
    /// - Parameter pictureEnding: What the names of pictures end with, `png` or `webp`.
    public func metadataBytes(of item: CollectionPlan.Item, standard: MetadataStandard, pictureEnding: String) -> [UInt8] {
        metadataDocument(of: item, standard: standard, pictureEnding: pictureEnding).prettyBytes
    }

    /// The metadata of all items as one JSON array, an item a line.
    public func combinedMetadataBytes(of plan: CollectionPlan, standard: MetadataStandard, pictureEnding: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for index in 0..<plan.count {
            bytes += (index == 0 ? "\n" : ",\n").utf8
            bytes += metadataDocument(of: plan[index], standard: standard, pictureEnding: pictureEnding).bytes
        }
        return bytes + "\n]\n".utf8
    }

    private func metadataDocument(of item: CollectionPlan.Item, standard: MetadataStandard, pictureEnding: String) -> JSON {
        let image = image(of: item, ending: pictureEnding), attributes = attributes(of: item)
        if let template = metadata.template {
            return template.filled { place in
                switch place {
                case "name": .string(name(of: item))
                case "collection": .string(name)
                case "number": .integer(item.number)
                case "index": .integer(item.index)
                case "description": .string(metadata.description)
                case "image": .string(image)
                case "attributes": attributes
                default: .string(value(ofPlace: place, item: item) ?? "")
                }
            }
        }
        func given(_ text: String) -> JSON? { text.isEmpty ? nil : .string(text) }
        switch standard {
        case .erc721:
            return .object([
                "name": .string(name(of: item)), "description": .string(metadata.description), "image": .string(image),
                "external_url": given(metadata.externalURL), "edition": .integer(item.number), "attributes": attributes,
            ])
        case .metaplex:
            let type = pictureEnding == "webp" ? "image/webp" : "image/png"
            let creators = metadata.creators.map { JSON.object(["address": .string($0.address), "share": .integer($0.share)]) }
            return .object([
                "name": .string(name(of: item)), "symbol": .string(metadata.symbol), "description": .string(metadata.description),
                "seller_fee_basis_points": .integer(metadata.sellerFeeBasisPoints), "image": .string(image),
                "external_url": given(metadata.externalURL), "edition": .integer(item.number), "attributes": attributes,
                "properties": .object([
                    "files": .array([.object(["uri": .string(image), "type": .string(type)])]), "category": .string("image"),
                    "creators": creators.isEmpty ? nil : .array(creators),
                ]),
            ])
        }
    }

    /// The pairs of type and value of an item, in the order of layers.
    private func attributes(of item: CollectionPlan.Item) -> JSON {
        func pair(_ name: String, _ value: String) -> JSON { .object(["trait_type": .string(name), "value": .string(value)]) }
        if case .handMade(let index) = item.kind { return .array(handMade[index].attributes.map { pair($0.name, $0.value) }) }
        var pairs: [JSON] = []
        for (layer, choice) in zip(layers, item.traits) where choice != CollectionPlan.none {
            let trait = layer.traits[Int(choice)]
            guard let name = layer.displayName, !trait.isHidden, !(metadata.omitsNone && trait.isNone) else { continue }
            pairs.append(pair(name, trait.name))
        }
        return .array(pairs)
    }

    // MARK: - Templates

    /// The trait that a place such as `trait:Hat` asks for; nil when there is no such place.
    private func value(ofPlace place: String, item: CollectionPlan.Item) -> String? {
        guard place.hasPrefix("trait:"), let layer = layers.firstIndex(where: { $0.name == place.dropFirst(6) }) else { return nil }
        return traitNames(of: item)[layer] ?? ""
    }

    /// Refuses places that a template or a name has and nothing fills.
    func checkTemplate() throws(ProjectError) {
        let known = ["name", "collection", "number", "index", "description", "image", "attributes"] + layers.map { "trait:" + $0.name }
        for place in metadata.template?.places ?? [] where !known.contains(place) {
            throw ProjectError(place: "metadata.template", reason: "there is no {\(place)}" + advice(for: place, among: known))
        }
        for place in JSON.string(metadata.namePattern).places where !["name", "number"].contains(place) {
            throw ProjectError(place: "metadata.namePattern", reason: "there is no {\(place)}; there is {name} and {number}")
        }
    }
}

extension JSON {
    /// The names in braces in the texts of a document.
    fileprivate var places: [String] {
        switch self {
        case .string(let text): Self.pieces(of: text).compactMap { $0.isPlace ? $0.text : nil }
        case .array(let elements): elements.flatMap(\.places)
        case .object(let members): members.flatMap { $0.value.places }
        default: []
        }
    }

    /// The document with every name in braces replaced. A text that is nothing else becomes the value itself; within a longer text,
    /// numbers are written in digits and lists and objects as JSON.
    fileprivate func filled(_ value: (String) -> JSON) -> JSON {
        switch self {
        case .string(let text):
            let pieces = Self.pieces(of: text)
            if pieces.count == 1, pieces[0].isPlace { return value(pieces[0].text) }
            return .string(
                pieces.map { piece in
                    guard piece.isPlace else { return piece.text }
                    let value = value(piece.text)
                    if case .string(let text) = value { return text }
                    return value.text
                }.joined())
        case .array(let elements): return .array(elements.map { $0.filled(value) })
        case .object(let members): return .object(members.map { Member($0.name, $0.value.filled(value)) })
        default: return self
        }
    }

    /// A text cut at its names in braces.
    private static func pieces(of text: String) -> [(text: String, isPlace: Bool)] {
        var pieces: [(text: String, isPlace: Bool)] = [], rest = Substring(text)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { pieces.append((String(rest[..<open]), false)) }
            pieces.append((String(rest[rest.index(after: open)..<close]), true))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append((String(rest), false)) }
        return pieces
    }
}
