import CAtelierCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A transfer as the loop's thread sees it, and nobody else.
final class ActiveTransfer {
    let transfer: Transfer
    let easy: OpaquePointer
    /// Nanoseconds at which a byte last came or went, or the reader was behind.
    var lastActivity = monotonicNanoseconds()
    private let curl: Libcurl
    private var fields: OpaquePointer?
    /// What libcurl adds to the code of an error.
    private let words = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    private var status = 0, headers: [HTTPHeader] = []
    private var received = 0, uploaded: Int64 = 0
    /// Why the transfer is ended from this side.
    private var problem: HTTPError?

    init?(_ transfer: Transfer, _ curl: Libcurl) {
        guard let easy = curl.makeEasy() else { return nil }
        (self.transfer, self.curl, self.easy) = (transfer, curl, easy)
        words.initialize(repeating: 0, count: 256)
        setUp(transfer.request)
    }

    deinit {
        curl.releaseEasy(easy)
        curl.releaseList(fields)
        words.deallocate()
    }

    private func setUp(_ request: HTTPRequest) {
        curl.set(easy, AtelierCurlURL, request.url)
        // A field without a value ends in a semicolon for libcurl. Waiting for "100 Continue" costs a second where a server
        // does not know it.
        for line in request.headers.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) + ["Expect:"] {
            fields = curl.append(fields, line) ?? fields
        }
        curl.set(easy, AtelierCurlHeaders, fields.map { UnsafeRawPointer($0) })
        curl.set(easy, AtelierCurlUserAgent, "atelier")
        if let body = request.body {
            curl.set(easy, AtelierCurlPost, 1)
            curl.set(easy, size: AtelierCurlBodySize, body.count)
            body.withUnsafeBytes { curl.set(easy, AtelierCurlCopiedBody, $0.baseAddress) }
        }
        if request.method == "HEAD" { curl.set(easy, AtelierCurlNoBody, 1) }
        curl.set(easy, AtelierCurlMethod, request.method)
        curl.set(easy, AtelierCurlFollow, request.redirects > 0 ? 1 : 0)
        curl.set(easy, AtelierCurlMostRedirects, request.redirects)
        // HTTP and HTTPS, also where a redirection leads.
        curl.set(easy, AtelierCurlProtocols, 3)
        curl.set(easy, AtelierCurlRedirectProtocols, 3)
        curl.set(easy, AtelierCurlNoSignal, 1)
        if request.isPublicOnly {
            curl.set(easy, AtelierCurlNoProxy, "*")
            curl.set(easy, socket: AtelierCurlSocketFunction, openPublicSocket)
        }
        curl.set(easy, AtelierCurlConnectMilliseconds, milliseconds(request.limits.connect))
        if let total = request.limits.total { curl.set(easy, AtelierCurlTotalMilliseconds, milliseconds(total)) }
        curl.set(easy, AtelierCurlErrorText, UnsafeRawPointer(words))
        let user = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        curl.set(easy, AtelierCurlWriteData, user)
        curl.set(easy, AtelierCurlWriteFunction, receiveBody)
        curl.set(easy, AtelierCurlHeaderData, user)
        curl.set(easy, AtelierCurlHeaderFunction, receiveHeader)
    }

    // MARK: - What comes

    /// Takes a line of a head. Heads of interim answers and of redirections that are followed are passed over.
    fileprivate func receive(line bytes: UnsafeRawBufferPointer) {
        lastActivity = monotonicNanoseconds()
        let line = String(decoding: bytes, as: UTF8.self).filter { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }
        if line.hasPrefix("HTTP/"), let code = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
            (status, headers) = (code, [])
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(HTTPHeader(String(line[..<colon]), String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())))
        } else if line.isEmpty, status >= 200 {
            let leadsOn = (300..<400).contains(status) && headers.contains { $0.name.lowercased() == "location" }
            if !leadsOn || transfer.request.redirects == 0 { transfer.receive(head: (status, headers)) }
        }
    }

    /// Takes bytes of the body and says how many, or that they shall be offered again.
    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastActivity = monotonicNanoseconds()
        let limit = transfer.request.limits.byteCount
        guard bytes.count <= limit - received else {
            problem = .tooLarge(url: transfer.request.shownURL, limit: limit)
            return 0
        }
        guard transfer.receive(bytes) else { return AtelierCurlPause }
        received += bytes.count
        return bytes.count
    }

    // MARK: - Limits and the end

    /// Milliseconds until the limit of idle time is reached; nil while the reader is behind.
    var patience: Int? {
        guard !transfer.isPaused else {
            lastActivity = monotonicNanoseconds()
            return nil
        }
        let sent = curl.size(easy, AtelierCurlUploaded)
        if sent != uploaded { (uploaded, lastActivity) = (sent, monotonicNanoseconds()) }
        let idle = Int((monotonicNanoseconds() - lastActivity) / 1_000_000)
        return max(0, milliseconds(transfer.request.limits.idle) - idle)
    }

    /// Ends it because nothing came for too long.
    func endIdle() {
        transfer.end(.failure(HTTPError.timedOut(url: transfer.request.shownURL, .idle(transfer.request.limits.idle))))
    }

    /// Ends it with what libcurl says.
    func end(_ code: Int32) { transfer.end(code == 0 ? .success(()) : .failure(error(code))) }

    /// The numbers are those of `CURLcode`.
    private func error(_ code: Int32) -> HTTPError {
        let request = transfer.request, url = request.shownURL
        if let problem { return problem }
        var text = String(cString: words)
        if text.isEmpty { text = curl.words(code).map { String(cString: $0) } ?? "error \(code) of libcurl" }
        switch code {
        case 3: return .invalid(url: url, "the URL is not well formed")
        case 5, 6, 7, 35, 58, 60, 77, 83: return .unreachable(url: url, text)
        case 16, 18, 52, 55, 56, 92: return .cut(url: url, received: received)
        case 28:
            let isConnected = status != 0 || curl.size(easy, AtelierCurlPretransferTime) > 0
            if let total = request.limits.total, isConnected || total <= request.limits.connect {
                return .timedOut(url: url, .total(total))
            }
            return .timedOut(url: url, .connecting(request.limits.connect))
        case 47: return .failed(url: url, "more than \(request.redirects) redirections")
        default: return .failed(url: url, text)
        }
    }
}

// Called by libcurl in `curl_multi_perform`, on the loop's thread, while the loop holds the transfer they are given.
private let receiveHeader: curl_write_callback_t = { bytes, _, count, user in
    guard let bytes, let user else { return 0 }
    Unmanaged<ActiveTransfer>.fromOpaque(user).takeUnretainedValue().receive(line: UnsafeRawBufferPointer(start: bytes, count: count))
    return count
}

private let receiveBody: curl_write_callback_t = { bytes, _, count, user in
    guard let bytes, let user else { return 0 }
    return Unmanaged<ActiveTransfer>.fromOpaque(user).takeUnretainedValue().receive(UnsafeRawBufferPointer(start: bytes, count: count))
}

/// Nanoseconds on a clock that never goes back.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// At least one, and no more than a day and a half.
private func milliseconds(_ duration: Duration) -> Int { Int(min(max(1, (duration / .milliseconds(1)).rounded(.up)), 0x7FF_FFFF)) }
