internal import CAtelierProbe

/// The name of a stretch of work, known by a small number.
///
///     private let drawing = SpanName("draw")
///
/// Made once and kept where the work is: making one looks the text up. A process has room for 2047 texts; further ones are
/// called "other".
public struct SpanName: Sendable, Hashable {
    let number: UInt32

    /// The number of a text.
    public init(_ text: String) {
        var text = text
        number = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { atelier_name($0.baseAddress, $0.count) }
        }
    }

    /// The text.
    public var text: String { String(cString: atelier_name_text(number)) }
}

/// Does work under a name: when it began and ended is noted on the lane of its thread, where `Timeline` finds it.
///
///     let pixels = try withSpan(drawing) { try rasterize(document) }
///
/// Always on, at some 70 ns. Spans nest; 32 deep they are noted.
@inlinable
public func withSpan<Result, Failure: Error>(_ name: SpanName, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let span = OpenSpan(name)
    defer { span.end() }
    return try body()
}

/// A span that has begun on this thread.
///
/// For work that may wait in the Swift runtime and go on elsewhere: then the span ends where the thread left it
/// (`OpenSpan.leave`), and `end` does nothing. Everything else is better off with `withSpan`.
public struct OpenSpan: Sendable {
    // The address of a lane, which is never freed; used only by the thread that has it, as `atelier_span_end` checks.
    private nonisolated(unsafe) let token: atelier_token

    /// Begins.
    public init(_ name: SpanName) { token = atelier_span_begin(name.number) }

    /// Ends it, and whatever was begun inside it and is still open. The second time nothing happens.
    ///
    /// - Parameters:
    ///   - byteCount: What came of it.
    ///   - waited: Nanoseconds that it was ready and had no thread.
    public func end(byteCount: Int = 0, waited: UInt64 = 0) { atelier_span_end(token, UInt64(clamping: byteCount), waited) }

    /// Ends all spans of this thread, because the job they belong to has left it.
    public static func leave() { atelier_span_leave() }

    /// Names the lane of this thread, such as `worker`.
    public static func call(lane name: SpanName) { atelier_lane_call(name.number) }

    /// Whether spans are noted; on unless somebody switches it off, which is of use for measuring what they cost.
    public static var isRecording: Bool {
        get { atelier_measured() & UInt32(atelier_records) != 0 }
        set {
            let records = UInt32(atelier_records)
            _ = newValue ? atelier_measure(records, 0) : atelier_measure(0, records)
        }
    }
}
