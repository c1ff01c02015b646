public import AtelierImageCodecs
public import AtelierMemo
public import AtelierSVG

// What is wrong with a file stays wrong, so that a folder with the same broken picture twice reads it once. A limit is
// another matter: memory may be free next time, and whoever raises a limit wants an answer.

extension ImageDecodingError: StorableFailure {
    /// Five minutes, unless a limit was met.
    public var secondsKept: Int64 {
        switch self {
        case .tooLarge, .outOfMemory: 0
        case .unrecognized, .unsupportedFormat, .unsupportedFeature, .truncated, .damaged: 300
        }
    }
}

extension SVG.ParseError: StorableFailure {
    /// Five minutes, unless a limit was met.
    public var secondsKept: Int64 {
        switch self {
        case .tooLarge, .tooDeep, .tooManyElements, .attributeTooLong, .entitiesTooLong, .tooComplex: 0
        case .empty, .damagedCompression, .malformed, .notSVG, .unknownEncoding, .entityRefused, .badSize: 300
        }
    }
}
