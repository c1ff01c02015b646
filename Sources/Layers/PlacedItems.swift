public import AtelierPixels

/// Items as drawing sees them: which pictures lie where, in which order, over which color.
///
/// Everything about them that pixels follow from and nothing else: names, weights, rules and texts are gone. A part of a
/// collection is placed by itself, so what it says does not depend on the rest.
public struct PlacedItems: Hashable, Sendable, Codable {
    /// A picture in its place.
    public struct Sprite: Hashable, Sendable, Codable {
        /// Its place in `files`.
        public var file: Int
        /// Where its top left corner lies, in pixels of the picture that is drawn.
        public var x: Int, y: Int
        /// How it mixes with what is below.
        public var blend: BlendMode
        /// Multiplied with the alpha of its pixels.
        public var opacity: Double
    }

    /// The paths of the pictures, in the order in which items first need them.
    public private(set) var files: [String]
    /// What is put on canvases, in the order in which items first need it.
    public private(set) var sprites: [Sprite]
    /// For every item its sprites from bottom to top, item by item, and where those of each begin.
    private var stacks: [UInt16], starts: [Int]
    /// For every item the color under it; alpha 0 for none.
    public private(set) var backgrounds: [RGBA8]

    /// How many items there are.
    public var count: Int { backgrounds.count }

    /// The sprites of an item, from bottom to top.
    public func stack(of item: Int) -> ArraySlice<UInt16> { stacks[starts[item]..<starts[item + 1]] }

    /// Places some items of a plan.
    ///
    /// - Parameters:
    ///   - range: Which of the plan's items.
    ///   - scale: What sizes are multiplied with; offsets follow.
    public init(_ range: Range<Int>, of plan: CollectionPlan, in project: Project, scale: Scale = .whole) throws(DrawingError) {
        (files, sprites, stacks, starts, backgrounds) = ([], [], [], [0], [])
        var known: [Project.Painting: UInt16] = [:], places: [String: Int] = [:]
        for index in range {
            let item = plan[index]
            for painting in project.paintings(of: item) {
                if let number = known[painting] {
                    stacks.append(number)
                    continue
                }
                guard sprites.count < Int(UInt16.max) else { throw .tooMany(limit: Int(UInt16.max)) }
                let number = UInt16(sprites.count), file = places[painting.file] ?? files.count
                if file == files.count {
                    places[painting.file] = file
                    files.append(painting.file)
                }
                known[painting] = number
                sprites.append(
                    Sprite(
                        file: file, x: scale.applied(to: painting.offset.x), y: scale.applied(to: painting.offset.y), blend: painting.blend,
                        opacity: painting.opacity))
                stacks.append(number)
            }
            guard stacks.count - starts[starts.count - 1] <= mostSprites else { throw .tooDeep(limit: mostSprites) }
            starts.append(stacks.count)
            backgrounds.append(project.backgroundColor(of: item, in: plan) ?? RGBA8(0, 0, 0, 0))
        }
    }
}
