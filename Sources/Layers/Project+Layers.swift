package import AtelierJSON
import AtelierPixels

extension Project {
    /// Its layers as a project file lists them, with every trait and piece, wherever they came from: to be changed and read again.
    package var layersJSON: JSON {
        .array(
            layers.map { layer in
                .object([
                    "name": .string(layer.name), "z": layer.z.map(JSON.number),
                    "blend": layer.blend == .normal ? nil : .string(layer.blend.rawValue),
                    "opacity": layer.opacity == 1 ? nil : .number(layer.opacity),
                    "x": layer.offset.x == 0 ? nil : .integer(layer.offset.x), "y": layer.offset.y == 0 ? nil : .integer(layer.offset.y),
                    "probability": (layer.probability?.value).map(JSON.number), "exact": layer.isExact ? .bool(true) : nil,
                    "unique": layer.countsForUniqueness ? nil : .bool(false),
                    "display": layer.displayName == layer.name ? nil : layer.displayName.map(JSON.string) ?? .bool(false),
                    "traits": .array(layer.traits.map(\.json)),
                ])
            })
    }
}

extension Trait {
    fileprivate var json: JSON {
        .object([
            "name": .string(name), "weight": .number(weight.value), "count": count.map(JSON.integer),
            "hidden": isHidden ? .bool(true) : nil, "pieces": pieces.isEmpty ? nil : .array(pieces.map(\.json)),
        ])
    }
}

extension Piece {
    fileprivate var json: JSON {
        .object([
            "file": .string(file), "z": z.map(JSON.number), "blend": (blend?.rawValue).map(JSON.string),
            "x": offset.x == 0 ? nil : .integer(offset.x), "y": offset.y == 0 ? nil : .integer(offset.y),
        ])
    }
}
