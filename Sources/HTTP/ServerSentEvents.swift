/// Reads server-sent events from bytes as they come.
///
///     var reader = ServerSentEvents()
///     for try await bytes in answer.body {
///         for event in try reader.read(bytes) { print(event.data) }
///     }
///
/// As the HTML Living Standard parses an event stream (section 9.2.6): lines end in LF, CR or CRLF, a leading byte order mark is
/// ignored, several `data` lines are joined by LF, an event that the stream ends inside of is not one. Bytes that are not UTF-8 become U+FFFD.
/// Complexity: O(bytes); no byte is looked at twice for the end of its line.
public struct ServerSentEvents: Sendable {
    /// One event with data.
    public struct Event: Hashable, Sendable {
        /// Its type; `message` where the stream names none.
        public var type: String
        /// Its data, without the last line feed.
        public var data: String
        /// The last id the stream named so far; empty for none.
        public var id: String
    }

    /// A stream whose events are too large to be some.
    public struct TooLarge: Error, Hashable, CustomStringConvertible {
        /// Bytes of the longest event.
        public var limit: Int
        /// One sentence.
        public var description: String { "an event of the stream has more than \(limit) bytes" }
    }

    /// Most bytes of one event.
    public let limit: Int
    /// Milliseconds a client shall wait before it connects again, if the stream said so.
    public private(set) var retry: Int?
    private var line: [UInt8] = []
    private var data: [UInt8] = [], hasData = false, type = "", id = ""
    private var lastWasCR = false, isFirstLine = true

    /// A reader at the beginning of a stream.
    public init(limit: Int = 1 << 20) { self.limit = limit }

    /// Takes the next bytes and returns the events that are complete with them.
    public mutating func read(_ bytes: [UInt8]) throws(TooLarge) -> [Event] {
        var events: [Event] = [], start = 0
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n"), lastWasCR {
                lastWasCR = false
                start = index + 1
                continue
            }
            lastWasCR = byte == UInt8(ascii: "\r")
            guard byte == UInt8(ascii: "\n") || lastWasCR else { continue }
            line += bytes[start..<index]
            start = index + 1
            guard line.count + data.count <= limit else { throw TooLarge(limit: limit) }
            if let event = endLine() { events.append(event) }
        }
        line += bytes[start...]
        guard line.count + data.count <= limit else { throw TooLarge(limit: limit) }
        return events
    }

    /// Takes the line that has ended; an empty one may end an event.
    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else {
            defer { (data, hasData, type) = ([], false, "") }
            return hasData
                ? Event(type: type.isEmpty ? "message" : type, data: String(decoding: data.dropLast(), as: UTF8.self), id: id) : nil
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            data += value
            data.append(UInt8(ascii: "\n"))
            hasData = true
        case "event": type = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        case "retry":
            if !value.isEmpty, value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                retry = Int(String(decoding: value, as: UTF8.self))
            }
        default: break  // comments and fields that are not known
        }
        return nil
    }
}
