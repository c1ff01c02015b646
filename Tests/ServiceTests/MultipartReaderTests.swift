import AtelierServing
import Testing

@testable import AtelierService

@Suite("Multipart bodies")
struct MultipartReaderTests {
    /// Reads a body in pieces that end at the given places.
    private func read(_ body: [UInt8], cuts: [Int] = [], type: String = "multipart/form-data; boundary=xx") throws -> [String] {
        var reader = try MultipartReader(contentType: type), lines: [String] = [], bytes: [UInt8] = []
        for (from, to) in zip([0] + cuts, cuts + [body.count]) {
            try body[from..<to].withUnsafeBytes { piece in
                try reader.read(piece) { (event) throws(Refusal) in
                    switch event {
                    case .part(let part): lines.append("\(part.name)|\(part.fileName ?? "-")|\(part.type ?? "-")")
                    case .bytes(let more): bytes += more
                    case .end:
                        lines.append(String(decoding: bytes, as: UTF8.self))
                        bytes = []
                    }
                }
            }
        }
        try reader.finish()
        return lines
    }

    private let body =
        "preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\art\\\\lo\\\"go.png\"\r\nContent-Type: Image/PNG; q=1\r\n\r\n"
        + "a\r\n-\r\n--x\r\r\n--x!\r\n--xx  \r\nContent-Disposition: form-data; name=settings\r\n\r\n\r\n--xx\r\n"
        + "content-disposition: form-data; name=\"f\"; filename=\"x\"; filename*=UTF-8''%e2%82%ac.svg\r\n\r\n<svg/>\r\n--xx--\r\nepilogue"

    private let expected = ["file|lo\"go.png|image/png", "a\r\n-\r\n--x\r\r\n--x!", "settings|-|-", "", "f|€.svg|-", "<svg/>"]

    @Test("The same parts for every place a body is cut at, and byte by byte")
    func cuts() throws {
        let bytes = Array(body.utf8)
        #expect(try read(bytes) == expected)
        for cut in 1..<bytes.count { #expect(try read(bytes, cuts: [cut]) == expected) }
        #expect(try read(bytes, cuts: Array(1..<bytes.count)) == expected)
    }

    @Test("A body without a line break before its first delimiter, and with a quoted boundary")
    func plain() throws {
        let text = "--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b--"
        #expect(try read(Array(text.utf8), type: "multipart/form-data; charset=utf-8; boundary=\"a b\"") == ["x|-|-", "1"])
    }

    @Test(
        "What is no such body is one sentence",
        arguments: [
            ("", MultipartReader.Malformed.noDelimiter), ("nothing", .noDelimiter), ("--xx", .endsEarly), ("--xx\r\n", .endsEarly),
            ("--xxy\r\n", .noDelimiter), ("--xx\r\nContent-Disposition: form-data\r\n\r\n", .noName), ("--xx\r\nbad\r\n\r\n", .badHead),
            ("--xx\r\nX: \u{0}y\nz\r\n\r\n", .badHead), ("--xx\r\n\r\nbody\r\n--xx--", .noName),
            ("--xx\r\nContent-Disposition: form-data; name=x\r\n\r\nbody", .endsEarly),
            ("--xx\r\nX: " + String(repeating: "y", count: 9000), .headTooLong(limit: 8192)),
        ] as [(String, MultipartReader.Malformed)])
    func malformed(_ text: String, _ expected: MultipartReader.Malformed) throws {
        do {
            _ = try read(Array(text.utf8))
            Issue.record("taken")
        } catch MultipartReader.Failure.malformed(let found) { #expect(found == expected) }
    }

    @Test(
        "Boundaries that are none",
        arguments: ["multipart/form-data", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"\u{1}\""])
    func boundaries(_ type: String) {
        #expect(throws: MultipartReader.Malformed.self) { try MultipartReader(contentType: type) }
    }

    @Test("Too many parts are refused")
    func many() {
        let part = "--xx\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n"
        #expect(throws: MultipartReader.Failure.self) { try read(Array((String(repeating: part, count: 4097) + "--xx--").utf8)) }
    }
}
