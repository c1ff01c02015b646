/// Width and height of a picture in pixels as they are stored, from its headers alone; what decoding will cost is known
/// from them. Throws what `decodeImage` would throw for a file whose structure is damaged.
///
/// - Complexity: O(chunks) for PNG, O(file) for JPEG at memory speed.
public func imageSize(_ bytes: Span<UInt8>) throws(ImageDecodingError) -> (width: Int, height: Int) {
    switch ImageFormat.sniff(bytes) {
    case .png:
        let structure = try PNGStructure(bytes)
        return (structure.width, structure.height)
    case .jpeg:
        let structure = try JPEGStructure(bytes)
        return (structure.width, structure.height)
    case nil: throw .unrecognized
    }
}
