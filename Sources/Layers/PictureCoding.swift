public import AtelierImageCodecs
public import AtelierPixels

/// What the files of a collection's pictures have in common.
///
/// It follows from the project, all its images and the first item, which a longer plan keeps; so an item's bytes do not depend on the items
/// that are drawn with it.
public struct PictureCoding: Hashable, Sendable, Codable {
    /// All colors of the project, transparent in front, when they are at most 256 and never mixed; sprites then hold numbers of them.
    public var palette: [RGBA8]?
    /// The filter that made the first item smaller.
    public var filter: PNGFilter
    /// Bytes of the first item; 0 when none was coded.
    public var expectedByteCount: Int

    /// What is said before anything was drawn.
    public init() { (palette, filter, expectedByteCount) = (nil, .up, 0) }

    /// A coding from its parts, as they were taken from another.
    public init(palette: [RGBA8]?, filter: PNGFilter, expectedByteCount: Int) {
        (self.palette, self.filter, self.expectedByteCount) = (palette, filter, expectedByteCount)
    }

    /// Draws the first item of a collection with every filter.
    ///
    /// - Parameters:
    ///   - first: The first item alone, or nothing when there is none.
    ///   - images: An image for each of its files.
    ///   - palette: See `palette(of:over:)`.
    ///   - size: The size of the canvas, `scale` what it was multiplied with.
    ///   - each: A loop over threads.
    public init(
        of first: PlacedItems, images: [TraitImage], palette: [RGBA8]?, size: PixelSize, scale: Scale, output: Drawing.Output,
        each: ParallelFor = serially
    ) throws(DrawingError) {
        self.init()
        guard case .png = output, first.count > 0 else { return }
        self.palette = palette
        let sample = try Drawing(first, images: images, size: size, scale: scale, output: output, coding: self)
        let filters = PNGFilter.allCases
        var counts = [Int](repeating: 0, count: filters.count)
        counts.withUnsafeMutableBufferPointer { counts in
            // A place for each filter, so threads write apart.
            nonisolated(unsafe) let counts = counts
            each(filters.count) { index in
                var statistics = DrawingStatistics()
                counts[index] = Drawing(sample, filter: filters[index]).draw([0], &statistics)[0].count
            }
        }
        for (filter, count) in zip(filters, counts) where expectedByteCount == 0 || count < expectedByteCount {
            (self.filter, expectedByteCount) = (filter, count)
        }
    }

    /// All colors of some images and the ground under them, transparent in front; nil when they are more than 256, or when something mixes them.
    ///
    /// - Parameter ground: What lies below everything; nil when blend modes, opacities or generated colors mix what lies there.
    public static func palette(of images: some Sequence<TraitImage>, over ground: Project.UnmixedGround?) -> [RGBA8]? {
        guard let ground else { return nil }
        var colors: Set<RGBA8> = []
        if case .color(let color) = ground { colors.insert(color) }
        for image in images {
            guard image.translucentCount == 0, image.addColors(to: &colors, limit: 255) else { return nil }
        }
        return [RGBA8(0, 0, 0, 0)] + colors.sorted { ($0.r, $0.g, $0.b) < ($1.r, $1.g, $1.b) }
    }
}

extension Project {
    /// What lies below pictures that are put on each other without being mixed.
    public enum UnmixedGround: Hashable, Sendable, Codable {
        /// Nothing.
        case transparent
        /// An opaque color.
        case color(RGBA8)
    }

    /// What lies below everything; nil when blend modes, opacities or generated colors mix what lies there.
    public var unmixedGround: UnmixedGround? {
        for layer in layers {
            guard layer.blend == .normal, layer.opacity == 1 else { return nil }
            for piece in layer.traits.lazy.flatMap(\.pieces) where piece.blend ?? .normal != .normal { return nil }
        }
        switch background {
        case .transparent: return .transparent
        case .color(let color): return color.a == 255 ? .color(color) : nil
        case .generated: return nil
        }
    }
}
