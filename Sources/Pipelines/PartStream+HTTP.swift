public import AtelierHTTP
import AtelierMemo
public import AtelierProcessors

extension PartStream {
    /// The body of an answer, a part for each piece as it comes, of the type that the server names.
    ///
    ///     for try await part in PartStream.body(of: HTTPRequest("https://example.org/log.txt")) { … }
    ///
    /// Text ends between characters; what is not UTF-8 becomes U+FFFD. A reader that is behind holds the server up, one that leaves ends
    /// the transfer.
    /// - Throws: When it is read, `HTTPError`, also for a status other than 200.
    public static func body(of request: HTTPRequest, by client: HTTPClient = .init()) -> PartStream {
        PartStream(emitting: { output in
            let answer = try await client.send(request)
            guard answer.status == 200 else { throw HTTPError.failed(url: request.shownURL, "status \(answer.status)") }
            let type = answer.mimeType ?? "application/octet-stream"
            guard type.isText else {
                for try await bytes in answer.body { try await output.emit(try Part(bytes: Blob(bytes), mimeType: type)) }
                return
            }
            var held: [UInt8] = []
            for try await bytes in answer.body {
                held += bytes
                let whole = held.count - unfinished(held)
                guard whole > 0 else { continue }
                try await output.emit(Part(String(decoding: held[..<whole], as: UTF8.self), mimeType: type))
                held.removeFirst(whole)
            }
            if !held.isEmpty { try await output.emit(Part(String(decoding: held, as: UTF8.self), mimeType: type)) }
        })
    }
}

extension HTTPResponse {
    /// The type of the body, without parameters; nil where the server names none.
    var mimeType: MIMEType? {
        let said = self["Content-Type"].map { $0.prefix { $0 != ";" && $0 != " " } } ?? ""
        return said.isEmpty ? nil : MIMEType(String(said))
    }
}

/// How many bytes at the end begin a character of UTF-8 that further bytes may complete.
private func unfinished(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
        let byte = bytes[bytes.count - length]
        if byte & 0xC0 == 0x80 { continue }
        let whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
        return whole > length ? length : 0
    }
    return 0
}
