public import AtelierHTTP
import AtelierMemo
public import AtelierProcessors

/// Fetches what parts refer to over HTTP: of each reference (`Payload.file` with an `http` or `https` address) comes a part of its bytes, of
/// the type that the server names, else that of the reference. Other parts pass.
///
///     let pictures: PartStream = [Part(.file(FileReference(uri: "https://example.org/logo.png", mimeType: "image/png")))]
///     for try await part in FetchFiles()(pictures) { … }
public struct FetchFiles: PartProcessor {
    private let client: HTTPClient, limits: HTTPLimits, redirects: Int
    private let onFailure: (@Sendable (ItemFailure) -> Void)?

    /// - Parameters:
    ///   - limits: How long each may take, how much may come.
    ///   - redirects: How many redirections are followed.
    ///   - onFailure: Is told of a reference that led to nothing, which is then left out; nil ends the run with its error.
    public init(
        client: HTTPClient = .init(), limits: HTTPLimits = .init(total: .seconds(600)), redirects: Int = 5,
        onFailure: (@Sendable (ItemFailure) -> Void)? = nil
    ) {
        self.client = client
        self.limits = limits
        self.redirects = redirects
        self.onFailure = onFailure
    }

    /// Whether the part is a reference that HTTP leads to.
    public func match(_ part: Part) -> Bool {
        guard case .file(let file) = part.payload else { return false }
        let scheme = file.uri.prefix(8).lowercased()
        return scheme.hasPrefix("http://") || scheme == "https://"
    }

    /// Emits what it leads to.
    public func process(_ part: Part, into output: Output) async throws {
        guard case .file(let file) = part.payload else { return try await output.emit(part) }
        let fetched: Part
        do {
            let request = HTTPRequest(file.uri, limits: limits, redirects: redirects)
            let answer = try await client.send(request)
            guard answer.status == 200 else { throw HTTPError.failed(url: request.shownURL, "status \(answer.status)") }
            let said = answer.mimeType ?? "application/octet-stream"
            let type = said == "application/octet-stream" ? file.mimeType : said
            fetched = try Part(
                bytes: Blob(try await answer.body.bytes()), mimeType: type, role: part.role, substream: part.substream,
                metadata: part.metadata)
        } catch let error as CancellationError {
            throw error
        } catch {
            guard let onFailure else { throw ItemFailure(part, error) }
            return onFailure(ItemFailure(part, error))
        }
        try await output.emit(fetched)
    }
}
