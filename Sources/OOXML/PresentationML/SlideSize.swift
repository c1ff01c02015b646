public import AtelierGeometry

/// Width and height of the slides of a presentation, within PowerPoint's limits of 1 to 56 inches.
public struct SlideSize: Hashable, Sendable, CustomStringConvertible {
    /// The shortest legal side, 1 inch.
    public static let shortestSide = EMU(rawValue: 914_400)
    /// The longest legal side, 56 inches.
    public static let longestSide = EMU(rawValue: 51_206_400)

    /// 16:9 as programs make it: 13.333 × 7.5 inches.
    public static let wide = SlideSize(width: EMU(rawValue: 12_192_000), height: EMU(rawValue: 6_858_000))

    /// Extent to the right.
    public let width: EMU
    /// Extent downwards.
    public let height: EMU

    /// A size with each side moved to the nearest legal length.
    public init(width: EMU, height: EMU) {
        self.width = min(max(width, Self.shortestSide), Self.longestSide)
        self.height = min(max(height, Self.shortestSide), Self.longestSide)
    }

    /// The size for a picture in CSS pixels at 96 to the inch, lifted or lowered uniformly until both sides are legal.
    ///
    /// A 16 × 16 icon gets 1 × 1 inch. Where no uniform factor makes both sides legal (a picture more than 56 times as long
    /// as wide), the long side gets the limit, the short side 1 inch, and the picture will stand in the middle.
    public init(for picture: Size) {
        let (width, height) = (picture.width * EMU.perPixel, picture.height * EMU.perPixel)
        let (short, long) = (Double(Self.shortestSide.rawValue), Double(Self.longestSide.rawValue))
        // Shrinking to the upper limit has the last word: what is still too short then is lifted by the clamp below.
        let lift = max(1, short / min(width, height))
        let factor = min(lift, long / max(width, height))
        self.init(width: EMU(nearest: width * factor), height: EMU(nearest: height * factor))
    }

    /// The size in inches, for people.
    public var description: String {
        func inches(_ length: EMU) -> String {
            let hundredths = (length.rawValue + 4572) / 9144
            return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
        }
        return "\(inches(width)) × \(inches(height)) in"
    }
}

extension SlideSize: Codable {
    private enum CodingKeys: CodingKey { case width, height }

    /// Decodes a size; sides outside the limits are moved to them.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(width: try values.decode(EMU.self, forKey: .width), height: try values.decode(EMU.self, forKey: .height))
    }
}
