/// Why a picture could not be decoded; its description is one sentence that says what, where and what helps.
public enum ImageDecodingError: Error, Hashable, Sendable {
    /// The first bytes are of no picture format known here.
    case unrecognized
    /// A known format that is not read here, such as `WebP`.
    case unsupportedFormat(String)
    /// A PNG or JPEG that uses a feature not read here, such as lossless JPEG.
    case unsupportedFeature(ImageFormat, String)
    /// The picture needs more than a limit allows.
    case tooLarge(Quantity, value: Int, limit: Int)
    /// The file ends too early: at which byte, and inside which part.
    case truncated(ImageFormat, part: String, byte: Int)
    /// The file contradicts its format: how, and at which byte, or at most 8 KiB before it, when that is known.
    case damaged(ImageFormat, String, byte: Int?)
    /// The system has no memory for a decode that is inside the limits.
    case outOfMemory

    /// What a limit counts; the raw value is the name of the property in `DecodeLimits`.
    public enum Quantity: String, Hashable, Sendable {
        /// Bytes of the file.
        case fileBytes = "maxFileBytes"
        /// Width or height, the larger.
        case side = "maxSide"
        /// Width × height.
        case pixels = "maxPixels"
        /// Bytes held while decoding.
        case decodedBytes = "maxDecodedBytes"
        /// Pixels × scans.
        case scanPixels = "maxScanPixels"

        fileprivate func says(_ value: Int) -> String {
            switch self {
            case .fileBytes: "The file has \(value) bytes"
            case .side: "The picture has a side of \(value) pixels"
            case .pixels: "The picture has \(value) pixels"
            case .decodedBytes: "Decoding the picture takes \(value) bytes of memory"
            case .scanPixels: "The scans of the JPEG picture cover \(value) pixels"
            }
        }
    }
}

extension ImageDecodingError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .unrecognized:
            "This is not a picture that can be read, by its first bytes; PNG and JPEG are read."
        case .unsupportedFormat(let name):
            "This is a \(name) file, which is not read as a picture; convert it to PNG or JPEG."
        case .unsupportedFeature(let format, let feature):
            "This \(format.title) file uses \(feature), which is not read; save it again as an ordinary \(format.title)."
        case .tooLarge(let quantity, let value, let limit):
            "\(quantity.says(value)), more than the limit of \(limit); make it smaller or raise \(quantity.rawValue)."
        case .truncated(let format, let part, let byte):
            "The \(format.title) file ends at byte \(byte) inside \(part); fetch or export it again."
        case .damaged(let format, let reason, .some(let byte)):
            "The \(format.title) file is damaged at byte \(byte): \(reason); fetch or export it again."
        case .damaged(let format, let reason, nil):
            "The \(format.title) file is damaged: \(reason); fetch or export it again."
        case .outOfMemory:
            "There is not enough memory to decode the picture; close other programs or make it smaller."
        }
    }
}
