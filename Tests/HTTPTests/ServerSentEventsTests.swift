import AtelierTesting
import Testing

@testable import AtelierHTTP

@Suite("Server-sent events")
struct ServerSentEventsTests {
    /// All events of a text, given in pieces of a length.
    private func events(_ text: String, piece: Int = .max) throws -> [ServerSentEvents.Event] {
        var reader = ServerSentEvents(), events: [ServerSentEvents.Event] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))) {
            events += try reader.read(Array(bytes[start..<min(start + min(piece, bytes.count), bytes.count)]))
        }
        return events
    }

    @Test("Lines end in LF, CR or CRLF, wherever the pieces end", arguments: ["\n", "\r", "\r\n"], [1, 2, 3, 100])
    func lineEnds(end: String, piece: Int) throws {
        let text = ["\u{FEFF}event: a", "data: one", "data:two", "", "id: 7", "data:  three ", ""].map { $0 + end }.joined()
        #expect(
            try events(text, piece: piece) == [
                .init(type: "a", data: "one\ntwo", id: ""), .init(type: "message", data: " three ", id: "7"),
            ])
    }

    @Test("Comments, unknown fields and events without data are passed over, and an unfinished event is none")
    func passedOver() throws {
        #expect(try events(": ping\n\nnonsense\nevent: x\n\ndata\n\ndata: half\n") == [.init(type: "message", data: "", id: "")])
    }

    @Test("An id with a NUL is not taken, and the time to wait is")
    func idAndRetry() throws {
        var reader = ServerSentEvents()
        let events = try reader.read(Array("id: a\0b\nretry: 250\nretry: soon\ndata: x\n\n".utf8))
        #expect(events == [.init(type: "message", data: "x", id: "")])
        #expect(reader.retry == 250)
    }

    @Test("An event beyond the limit is an error, also when its line never ends")
    func limit() {
        var reader = ServerSentEvents(limit: 10)
        #expect(throws: ServerSentEvents.TooLarge(limit: 10)) { try reader.read(Array("data: 123456".utf8)) }
        reader = ServerSentEvents(limit: 19)
        #expect(throws: ServerSentEvents.TooLarge(limit: 19)) { try reader.read(Array("data: 1234\ndata: 5678\ndata: 9012\n".utf8)) }
    }

    @Test("Any bytes give the same events however they are cut")
    func anyBytes() throws {
        var random = SplitMix(seed: 7)
        let alphabet = Array("data: id:event\n\r\u{FEFF}x".utf8)
        for _ in 0..<200 {
            let bytes = random.bytes(60).map { alphabet[Int($0) % alphabet.count] }
            var whole = ServerSentEvents(), cut = ServerSentEvents(), pieces: [ServerSentEvents.Event] = []
            for byte in bytes { pieces += try cut.read([byte]) }
            #expect(try whole.read(bytes) == pieces)
        }
    }
}
