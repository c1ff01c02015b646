/// A JPEG file whose note says that it is to be shown turned or mirrored (Exif 2.32, tag 0x0112), for those who place the file as it is:
/// the same file without that wish, which programs heed or not, and what it asks for.
public struct JPEGTurn: Sendable {
    /// The file with a note that says "upright".
    public let file: [UInt8]
    /// From offsets in the stored picture to those in the upright one, y down: `(a·x + c·y, b·x + d·y)`.
    public let a: Double, b: Double, c: Double, d: Double

    /// Whether width and height change places.
    public var swapsAxes: Bool { a == 0 }

    /// Nil for files that are upright, have no note, or are no JPEG that can be read.
    ///
    /// - Complexity: O(file), about a nanosecond for each byte.
    public init?(of bytes: Span<UInt8>) {
        guard ImageFormat.sniff(bytes) == .jpeg else { return nil }
        let structure: JPEGStructure
        do throws(ImageDecodingError) {
            structure = try JPEGStructure(bytes)
        } catch {
            // Whoever decodes the file says what is wrong with it.
            return nil
        }
        guard structure.orientation != .upright, let place = structure.orientationPlace else { return nil }
        (a, b, c, d) =
            switch structure.orientation {
            case .upright: (1, 0, 0, 1)
            case .mirroredLeftToRight: (-1, 0, 0, 1)
            case .rotatedHalf: (-1, 0, 0, -1)
            case .mirroredTopToBottom: (1, 0, 0, -1)
            case .transposed: (0, 1, 1, 0)
            case .turnedRight: (0, 1, -1, 0)
            case .transposedOverAntidiagonal: (0, -1, -1, 0)
            case .turnedLeft: (0, -1, 1, 0)
            }
        var file = bytes.withUnsafeBufferPointer { Array($0) }
        file[place] = UInt8(Orientation.upright.rawValue)
        self.file = file
    }
}
