import AtelierHTTP
import AtelierImageCodecs
import AtelierMemo
import AtelierOOXML
import AtelierPipelines
import AtelierSVG
import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Failure {
    /// What a failed request means for the person who asked.
    init(_ error: any Error, about input: Input?) {
        let underlying = (error as? StageFailure)?.underlying ?? error
        let place = input.map { $0.shown + ": " } ?? ""
        func failure(_ kind: Kind, _ message: String) -> Failure { Failure(kind: kind, input: input?.path, message: message) }
        self =
            switch underlying {
            case is CancellationError:
                failure(.cancelled, place + "interrupted")
            case Blob.FileError.tooLarge, SourceError.unreadable(.tooLarge):
                failure(.limit, sentence(underlying) + "; --max-file-bytes raises it")
            case is SourceError, is Blob.FileError, is HTTPError:
                failure(.reading, sentence(underlying))
            case ImageDecodingError.tooLarge(let quantity, let value, let limit):
                failure(
                    .limit,
                    "\(place)needs \(value) where --\(kebab(quantity.rawValue)) allows \(limit); raise it or make the picture smaller")
            case ImageDecodingError.outOfMemory, is RenderingTooLarge, is DeckTooLarge:
                failure(.limit, place + sentence(underlying))
            case let error as SVG.ParseError where error.option != nil:
                failure(.limit, place + sentence(error) + "; --\(error.option!) raises it")
            case is ImageDecodingError, is UnknownSourceFormat, is TemplateError, is DeckError, is NothingTraced, is SVG.ParseError:
                failure(.reading, place + sentence(underlying))
            default:
                failure(.other, place + sentence(error))
            }
        mayPass =
            switch underlying {
            case Blob.FileError.failed(_, _, let code), SourceError.unreadable(.failed(_, _, let code)): AtelierCommand.mayPass(errno: code)
            case SourceError.changedWhileReading, HTTPError.unreachable, HTTPError.timedOut, HTTPError.cut: true
            default: false
            }
    }
}

/// Whether a refusal of the system may be over a moment later: too many open files, no room, a server or a disk that does not answer.
func mayPass(errno code: Int32) -> Bool {
    [EIO, EAGAIN, EMFILE, ENFILE, ENOMEM, ENOBUFS, EBUSY, ETXTBSY, ENOSPC, EDQUOT, ESTALE, ETIMEDOUT, EINTR, EHOSTDOWN, ENETDOWN].contains(
        code)
}
