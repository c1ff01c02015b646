import AtelierJSON

/// Puts parts in front of a stream.
///
///     let asked = Preamble("Answer in one sentence.") + model
public struct Preamble: Processor {
    private let content: @Sendable () -> Content

    /// Always the same parts.
    public init(_ content: Content) { self.content = { content } }

    /// Parts that are made for each stream, when it begins.
    public init(making content: @escaping @Sendable () -> Content) { self.content = content }

    /// Emits the parts, then the stream.
    public func process(_ input: PartStream, into output: Output) async throws {
        for part in content() { try await output.emit(part) }
        try await output.emit(contentsOf: input)
    }
}

/// Puts parts behind a stream.
public struct Suffix: Processor {
    private let content: @Sendable () -> Content

    /// Always the same parts.
    public init(_ content: Content) { self.content = { content } }

    /// Parts that are made for each stream, when it has ended.
    public init(making content: @escaping @Sendable () -> Content) { self.content = content }

    /// Emits the stream, then the parts.
    public func process(_ input: PartStream, into output: Output) async throws {
        try await output.emit(contentsOf: input)
        for part in content() { try await output.emit(part) }
    }
}

/// Puts in front of every picture a text with the time since the stream began, which does not end a turn.
public struct Timestamps: Processor {
    private let withMilliseconds: Bool
    private let substream: String
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - withMilliseconds: `01:02.345` instead of `01:02`.
    ///   - substream: Of the texts.
    public init(withMilliseconds: Bool = false, substream: String = "") {
        self.init(withMilliseconds: withMilliseconds, substream: substream, now: { .now })
    }

    init(withMilliseconds: Bool, substream: String, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.withMilliseconds = withMilliseconds
        self.substream = substream
        self.now = now
    }

    /// Emits the stream with times.
    public func process(_ input: PartStream, into output: Output) async throws {
        let start = now()
        for try await part in input {
            if part.mimeType.isImage {
                let text = timestamp(now() - start, withMilliseconds: withMilliseconds)
                try await output.emit(Part(text, substream: substream, metadata: [Part.turnComplete: false]))
            }
            try await output.emit(part)
        }
    }
}

/// Minutes and seconds, `75:09`, or with milliseconds `75:09.250`; rounded half to even. Negative times count as 0.
public func timestamp(_ time: Duration, withMilliseconds: Bool = false) -> String {
    let nanoseconds = max(0, Int64(min(time / .nanoseconds(1), 9e18))), unit: Int64 = withMilliseconds ? 1_000_000 : 1_000_000_000
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: unit)
    let rounded = whole + (rest * 2 > unit || rest * 2 == unit && whole % 2 == 1 ? 1 : 0)
    func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let seconds = withMilliseconds ? rounded / 1000 : rounded
    let text = padded(seconds / 60, to: 2) + ":" + padded(seconds % 60, to: 2)
    return withMilliseconds ? text + "." + padded(rounded % 1000, to: 3) : text
}
