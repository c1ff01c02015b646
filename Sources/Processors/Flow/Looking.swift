import AtelierJSON
import AtelierMemo
import AtelierScheduling

/// Says how long a processor took from the end of its input to its first output: `seconds` in the metadata of a part on the substream
/// `status`. For processors that read before they answer, such as models; one that answers before its input has ended is said to do so.
///
///     let model = FirstOutputTime(of: chat, as: "chat")
public struct FirstOutputTime: Processor {
    private let processor: any Processor, name: String
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter name: What the processor is called in the part.
    public init(of processor: any Processor, as name: String) { self.init(of: processor, as: name) { ContinuousClock.now } }

    init(of processor: any Processor, as name: String, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.processor = processor
        self.name = name
        self.now = now
    }

    /// Emits what the processor does, and the time before the first of it.
    public func process(_ input: PartStream, into output: Output) async throws {
        let end = Lock<ContinuousClock.Instant?>(nil), parts = input.makeIterator(reserved: .current)
        let read = PartStream(next: { [now] in
            if let part = try await parts.next() { return part }
            end.withLock { $0 = now() }
            return nil
        })
        var isFirst = true
        for try await part in processor(read) {
            if isFirst {
                isFirst = false
                let seconds = end.withLock { $0 }.map { (now() - $0) / .seconds(1) }
                let words = seconds.map { "\(($0 * 1000).rounded() / 1000) s to the first output" } ?? "answers before its input has ended"
                try await output.emit(.status("\(name): \(words)", metadata: seconds.map { ["seconds": .number($0)] } ?? [:]))
            }
            try await output.emit(part)
        }
    }
}

/// Tells of every part that passes, in one line: to look into a pipeline.
///
///     let pipeline = fetch + PartLog("fetched") { line in print(line) } + describe
public struct PartLog: SynchronousPartProcessor {
    private let name: String
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - name: What stands before each line.
    ///   - write: Is told of the parts one after the other, in their order.
    public init(_ name: String, to write: @escaping @Sendable (String) -> Void) {
        self.name = name
        self.write = write
    }

    /// Emits the part.
    public func process(_ part: Part, into emitter: inout Emitter) throws {
        var words = [part.mimeType.text]
        if !part.role.isEmpty { words.append("of \(part.role)") }
        if !part.substream.isEmpty { words.append("on \(part.substream)") }
        if part.isText {
            let text = part.plainText
            words.append(JSON.string(String(text.prefix(60))).text + (text.count > 60 ? "…" : ""))
        } else if let bytes = part.bytes {
            words.append("\(bytes.count) bytes")
        }
        if !part.metadata.isEmpty { words.append(part.metadata.members.map(\.name).joined(separator: ",")) }
        write("\(name): \(words.joined(separator: " "))")
        emitter.emit(part)
    }
}
