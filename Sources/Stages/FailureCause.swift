import AtelierArchives
import AtelierImageCodecs
import AtelierLayers
import AtelierMemo
import AtelierOOXML
import AtelierSVG

/// What a failure means for whoever asked, whichever face asked for them: flags and status codes follow from it.
package enum FailureCause: Hashable, Sendable {
    /// Nobody waits any more.
    case cancelled
    /// More than is allowed; the option that allows more, where there is one.
    case limit(option: String?)
    /// A file could not be read, or was changed while it was.
    case source
    /// The content of a file, or what is asked of it.
    case input
    /// Whatever else.
    case other

    /// The cause behind an error of the engine.
    package init(of error: any Error) {
        self =
            switch (error as? StageFailure)?.underlying ?? error {
            case is CancellationError: .cancelled
            case Blob.FileError.tooLarge, SourceError.unreadable(.tooLarge): .limit(option: "max-file-bytes")
            case is SourceError, is Blob.FileError: .source
            case ImageDecodingError.tooLarge(let quantity, _, _): .limit(option: kebab(quantity.rawValue))
            case ImageDecodingError.outOfMemory, is RenderingTooLarge, ZIPReadingError.tooLarge, CompositionError.tooLarge:
                .limit(option: nil)
            case let error as SVG.ParseError where error.option != nil: .limit(option: error.option)
            case WebPError.image(.tooLarge(let quantity, _, _)): .limit(option: kebab(quantity.rawValue))
            case is WebPError, is ImageDecodingError, is UnknownSourceFormat, is TemplateError, is DeckError, is NothingTraced,
                is SVG.ParseError,
                is RequestError, is ProjectError, is PlanningError, is DrawingError, is CompositionError, is OptionError,
                is ZIPReadingError:
                .input
            default: .other
            }
    }
}

extension SVG.ParseError {
    /// The option that raises the limit that was hit; nil for other errors.
    package var option: String? {
        switch self {
        case .tooLarge: "max-svg-bytes"
        case .tooDeep: "max-svg-depth"
        case .tooManyElements: "max-svg-elements"
        case .tooComplex: "max-svg-steps"
        default: nil
        }
    }
}

/// `maxPixels` as an option: `max-pixels`.
package func kebab(_ camel: String) -> String {
    camel.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
}
