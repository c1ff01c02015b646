import AtelierMemo
import AtelierScheduling
import AtelierServing
import AtelierStages

extension Problem {
    /// What an error means for the client who asked.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let failure as MultipartReader.Failure:
            switch failure {
            case .malformed(let reason): self.init(400, "bad-form", reason.description)
            case .refused(let refusal): self.init(refusal.response.status, "refused", "the body is not taken")
            }
        case let refusal as JobQueue.Refusal: self.init(refusal)
        case UploadFolder.Failure.busy(let limit):
            self.init(429, "busy", "as many bodies are on their way as may", limit: limit, retryAfter: 2)
        case let failure as UploadFolder.Failure: self.init(507, "storage-full", failure.description, retryAfter: 60)
        default:
            let sentence = Self.sentence(error)
            switch FailureCause(of: error) {
            case .cancelled: self.init(503, "cancelled", "the work was cancelled", retryAfter: 1)
            case .limit(let option):
                self.init(413, "over-limit", sentence, hint: option.map { "the operator sets this limit (\($0))" } ?? "make it smaller")
            case .input: self.init(422, "unreadable-input", sentence)
            case .source: self.init(500, "source-lost", "an uploaded file cannot be read any more", hint: "upload it again")
            case .other: self.init(500, "internal", sentence)
            }
        }
    }

    private init(_ refusal: JobQueue.Refusal) {
        func seconds(_ nanoseconds: UInt64) -> Int { max(1, Int((nanoseconds + 999_999_999) / 1_000_000_000)) }
        switch refusal {
        case .full(let pause): self.init(429, "queue-full", "as many requests wait as may", retryAfter: seconds(pause))
        case .shed(let pause): self.init(429, "shed", "others go first while there is too much to do", retryAfter: seconds(pause))
        case .late(let pause): self.init(429, "late", "it would not be done in time", retryAfter: seconds(pause))
        case .closed: self.init(503, "draining", "the service is ending and takes no more work", retryAfter: 5)
        }
    }

    /// The error's sentence: without control characters, a full stop, or a path of this machine.
    static func sentence(_ error: any Error) -> String {
        var text = "\((error as? StageFailure)?.underlying ?? error)"
        if text.hasSuffix(".") { text.removeLast() }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
