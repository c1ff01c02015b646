// Layers: collections of pictures that are put together from layers. A project says what may be combined and how often,
// planning chooses every combination before a pixel is touched, drawing is a pure function of the plan.
// Start with `Project`, then `CollectionPlan`, which is where planning ends and drawing begins.

public import AtelierPixels

/// What may be combined, and how: layers of traits from bottom to top, rules, configurations and texts.
///
/// A value without files: paths are relative to the folder the project lies in, and nothing here opens them.
/// The form as JSON is described in `docs/formats/project.md`.
///
///     let project = try Project(parsing: bytes, files: names)
///     let plan = try project.plan(count: 10_000)
public struct Project: Hashable, Sendable {
    /// What the collection is called.
    public var name: String
    /// Width and height of every picture in pixels; nil takes them from the first picture of the lowest layer.
    public var size: PixelSize?
    /// What every choice follows from.
    public var seed: UInt64
    /// How many items there are when nobody says otherwise; nil asks for the sum over the configurations.
    public var count: Int?
    /// The number of the first item.
    public var start: Int
    /// What lies under the lowest layer.
    public var background: Background
    /// From bottom to top, with distinct names.
    public var layers: [Layer]
    /// What every item keeps to.
    public var rules: [Rule]
    /// Sets of layers whose combined choice occurs once in the collection, as indices into `layers`, ascending.
    public var strict: [[Int]]
    /// Which layers take part, and in how many items. Never empty.
    public var configurations: [Configuration]
    /// Pictures that are finished already.
    public var handMade: [HandMade]
    /// Whether configurations and pictures made by hand are mixed over the numbers.
    public var isShuffled: Bool
    /// Texts and standards of the metadata.
    public var metadata: MetadataOptions

    /// A project of layers with one configuration that uses them all.
    public init(name: String, layers: [Layer]) {
        self.name = name
        self.layers = layers
        size = nil
        seed = 0
        count = nil
        start = 1
        background = .transparent
        rules = []
        strict = []
        configurations = [Configuration(name: "", layers: Array(layers.indices))]
        handMade = []
        isShuffled = false
        metadata = MetadataOptions()
    }

    /// Where every picture lies that may be painted.
    var places: [(file: String, offset: PixelOffset)] {
        let taking = Set(configurations.flatMap(\.layers))
        var places: [(file: String, offset: PixelOffset)] = []
        for (index, layer) in layers.enumerated() where taking.contains(index) {
            for trait in layer.traits where trait.weight.coefficient > 0 || trait.count != nil {
                for piece in trait.pieces {
                    places.append((piece.file, PixelOffset(x: layer.offset.x + piece.offset.x, y: layer.offset.y + piece.offset.y)))
                }
            }
        }
        return places + handMade.map { ($0.file, PixelOffset(x: 0, y: 0)) }
    }

    /// The paths of all pictures it names, once each, sorted.
    public var files: [String] {
        Set(layers.flatMap { $0.traits.flatMap { $0.pieces.map(\.file) } } + handMade.map(\.file)).sorted()
    }
}

/// Width and height in pixels, each at least 1.
public struct PixelSize: Hashable, Sendable, Codable {
    /// Pixels in a row.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A size of `width` × `height` pixels.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// What lies under the lowest layer.
public enum Background: Hashable, Sendable {
    /// Nothing.
    case transparent
    /// One color in sRGB, straight alpha.
    case color(RGBA8)
    /// A color for each item: any hue, fully saturated, of this lightness (HSL) from 0 to 255.
    case generated(lightness: UInt8)
}

/// A slot of the picture, in which one trait is drawn or, where it is optional, none.
public struct Layer: Hashable, Sendable {
    /// What it is called in rules and metadata; distinct in a project.
    public var name: String
    /// When it is painted, from bottom to top; nil by its place in the configuration, which counts from 0.
    public var z: Double?
    /// How its pixels mix with those below.
    public var blend: BlendMode
    /// From 0 to 1, multiplied with the alpha of every pixel.
    public var opacity: Double
    /// Where the top left corner of its pictures lies on the canvas, in pixels.
    public var offset: PixelOffset
    /// How often the layer takes part, over 0 and at most 1; nil for always.
    public var probability: Weight?
    /// Whether the weights are turned into exact counts. They are as well when a trait has a count.
    public var isExact: Bool
    /// Whether items that differ only here count as different.
    public var countsForUniqueness: Bool
    /// What the metadata calls it; nil leaves the layer out of them.
    public var displayName: String?
    /// What it can be, with distinct names, at least one.
    public var traits: [Trait]

    /// A layer that is always there, painted normally.
    public init(name: String, traits: [Trait]) {
        self.name = name
        z = nil
        self.traits = traits
        blend = .normal
        opacity = 1
        offset = PixelOffset(x: 0, y: 0)
        probability = nil
        isExact = false
        countsForUniqueness = true
        displayName = name
    }

    /// Whether every trait occurs in an exact number of items.
    var hasQuota: Bool { isExact || traits.contains { $0.count != nil } }
}

/// A distance on the canvas in pixels, right and down.
public struct PixelOffset: Hashable, Sendable {
    /// To the right.
    public var x: Int
    /// Downwards.
    public var y: Int

    /// A distance.
    public init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// One choice for a layer.
public struct Trait: Hashable, Sendable {
    /// What it is called in rules and metadata; distinct in a layer.
    public var name: String
    /// How often it is chosen, against the other traits of its layer. Nothing is never chosen.
    public var weight: Weight
    /// In exactly how many items it occurs; nil follows the weight.
    public var count: Int?
    /// Whether the metadata leave it out.
    public var isHidden: Bool
    /// What is painted, none for a trait without a picture, several for one that lies before and behind others.
    public var pieces: [Piece]

    /// A trait of any number of pictures.
    public init(name: String, weight: Weight, pieces: [Piece]) {
        self.name = name
        self.weight = weight
        self.pieces = pieces
        count = nil
        isHidden = false
    }

    /// Whether its name says that nothing is there.
    public var isNone: Bool { name.utf8.elementsEqual("none".utf8) { $0 | 0x20 == $1 } }
}

/// A picture of a trait.
public struct Piece: Hashable, Sendable {
    /// The path from the project's folder, with `/` between names.
    public var file: String
    /// When it is painted; nil with its layer.
    public var z: Double?
    /// How it mixes with what is below; nil as its layer.
    public var blend: BlendMode?
    /// Where its top left corner lies, from the layer's offset.
    public var offset: PixelOffset

    /// A picture painted with its layer.
    public init(file: String, z: Double? = nil, blend: BlendMode? = nil, offset: PixelOffset = PixelOffset(x: 0, y: 0)) {
        self.file = file
        self.z = z
        self.blend = blend
        self.offset = offset
    }
}

/// A part of the collection that uses its own layers.
public struct Configuration: Hashable, Sendable {
    /// What it is called; may be empty.
    public var name: String
    /// Indices into `Project.layers` in the order of painting, distinct.
    public var layers: [Int]
    /// In how many items; nil takes what is left, which only the last may.
    public var count: Int?

    /// A configuration.
    public init(name: String, layers: [Int], count: Int? = nil) {
        self.name = name
        self.layers = layers
        self.count = count
    }
}

/// An item that was made by hand: a picture as it is, which no rule and no rarity concerns.
public struct HandMade: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// The picture's path from the project's folder.
    public var file: String
    /// Its number; nil takes one by lot.
    public var number: Int?
    /// What its metadata say, as pairs of type and value.
    public var attributes: [Attribute]

    /// A name and a value of the metadata.
    public struct Attribute: Hashable, Sendable {
        /// `trait_type`.
        public var name: String
        /// `value`.
        public var value: String

        /// A pair.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A picture made by hand.
    public init(name: String, file: String, number: Int? = nil, attributes: [Attribute] = []) {
        self.name = name
        self.file = file
        self.number = number
        self.attributes = attributes
    }
}
