public import AtelierPixels

/// Every choice of a collection, before a pixel is drawn.
///
/// Flat, so that a million items of twelve layers take 28 MB. The order is that of the numbers.
///
///     for index in 0..<plan.count { draw(plan[index]) }
public struct CollectionPlan: Hashable, Sendable {
    /// What stands for "no trait": the layer is optional, or not in the configuration.
    public static let none = UInt16.max
    /// The most items of a plan.
    public static let countLimit = 10_000_000

    /// What the choices followed from.
    public var seed: UInt64
    /// The number of the first item; they follow each other.
    public var start: Int
    /// How many layers the project has.
    public let layerCount: Int
    /// `layerCount` trait indices for each item, item by item.
    public private(set) var traits: [UInt16]
    /// For each item the index of its configuration, or of its picture made by hand plus 0x8000.
    public private(set) var kinds: [UInt16]

    /// A plan without items.
    public init(seed: UInt64, start: Int, layerCount: Int) {
        self.seed = seed
        self.start = start
        self.layerCount = layerCount
        traits = []
        kinds = []
    }

    /// A plan from its parts, as they were taken from another; nil when their lengths do not go together.
    public init?(seed: UInt64, start: Int, layerCount: Int, traits: [UInt16], kinds: [UInt16]) {
        guard layerCount >= 0, traits.count == kinds.count * layerCount else { return nil }
        self.init(seed: seed, start: start, layerCount: layerCount)
        self.traits = traits
        self.kinds = kinds
    }

    /// How many items there are.
    public var count: Int { kinds.count }

    /// An item of the collection.
    public struct Item: Hashable, Sendable {
        /// Its place in the plan, from 0.
        public var index: Int
        /// Its number in file names and metadata.
        public var number: Int
        /// Where it comes from.
        public var kind: Kind
        /// The trait of every layer of the project, `CollectionPlan.none` where there is none.
        public var traits: ArraySlice<UInt16>

        /// Where an item comes from.
        public enum Kind: Hashable, Sendable {
            /// Combined by the configuration of this index.
            case combined(configuration: Int)
            /// The picture made by hand of this index.
            case handMade(Int)
        }
    }

    /// The item at a place from 0 to `count - 1`.
    public subscript(index: Int) -> Item {
        let kind = kinds[index]
        return Item(
            index: index, number: start + index,
            kind: kind < 0x8000 ? .combined(configuration: Int(kind)) : .handMade(Int(kind) - 0x8000),
            traits: traits[index * layerCount..<(index + 1) * layerCount])
    }

    /// Adds a combination after the others.
    public mutating func append(_ choice: some Sequence<UInt16>, configuration: Int) {
        traits.append(contentsOf: choice)
        kinds.append(UInt16(configuration))
        precondition(traits.count == kinds.count * layerCount, "a combination holds a trait, or none, for each layer")
    }

    /// Adds a picture made by hand after the others.
    public mutating func append(handMade index: Int) {
        traits.append(contentsOf: repeatElement(Self.none, count: layerCount))
        kinds.append(UInt16(0x8000 + index))
    }
}

extension Project {
    /// A picture to paint: where it comes from and how.
    public struct Painting: Hashable, Sendable {
        /// Index into `layers`, of the trait in it, and of the piece in that.
        public var layer: Int, trait: Int, piece: Int
        /// The file, by its path from the project's folder.
        public var file: String
        /// Where its top left corner lies on the canvas.
        public var offset: PixelOffset
        /// How it mixes with what was painted before.
        public var blend: BlendMode
        /// Multiplied with the alpha of its pixels.
        public var opacity: Double
    }

    /// What is painted for an item, from bottom to top: by z, then by the place of the layer in its configuration, then by the piece.
    /// An item made by hand is nothing but its file at the top left.
    public func paintings(of item: CollectionPlan.Item) -> [Painting] {
        switch item.kind {
        case .handMade(let index):
            return [
                Painting(
                    layer: -1, trait: index, piece: 0, file: handMade[index].file, offset: PixelOffset(x: 0, y: 0), blend: .normal,
                    opacity: 1)
            ]
        case .combined(let configuration):
            var placed: [(z: Double, painting: Painting)] = []
            for (place, index) in configurations[configuration].layers.enumerated() {
                let choice = item.traits[item.traits.startIndex + index]
                guard choice != CollectionPlan.none else { continue }
                let layer = layers[index]
                for (number, piece) in layer.traits[Int(choice)].pieces.enumerated() {
                    let painting = Painting(
                        layer: index, trait: Int(choice), piece: number, file: piece.file,
                        offset: PixelOffset(x: layer.offset.x + piece.offset.x, y: layer.offset.y + piece.offset.y),
                        blend: piece.blend ?? layer.blend, opacity: layer.opacity)
                    placed.append((piece.z ?? layer.z ?? Double(place), painting))
                }
            }
            // The place in the list decides between equals, so that the order is total.
            return placed.enumerated().sorted { ($0.element.z, $0.offset) < ($1.element.z, $1.offset) }.map(\.element.painting)
        }
    }

    /// The color under an item, nil for none.
    public func backgroundColor(of item: CollectionPlan.Item, in plan: CollectionPlan) -> RGBA8? {
        switch background {
        case .transparent: return nil
        case .color(let color): return color
        case .generated(let lightness):
            let hue = Philox(seed: plan.seed, purpose: .background).words(UInt64(item.index), 0, 0)[0] % (6 * 256)
            return Self.color(hue: Int(hue), lightness: Int(lightness))
        }
    }

    /// A fully saturated color (CSS Color 4, clause 7): `hue` from 0 to 1535 for a whole turn, `lightness` from 0 to 255.
    private static func color(hue: Int, lightness: Int) -> RGBA8 {
        let least = max(0, 2 * lightness - 255), most = min(255, 2 * lightness)
        func channel(_ turn: Int) -> UInt8 {
            // How near the channel's own hue is, in 256ths of a sixth of the turn: nothing from two sixths on, all up to one.
            let nearness = min(256, max(0, abs((hue + turn) % 1536 - 768) - 256))
            return UInt8(least + (most - least) * nearness / 256)
        }
        return RGBA8(channel(0), channel(1024), channel(512))
    }
}
