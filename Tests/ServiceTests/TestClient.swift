import AtelierHTTP
import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierServing

@testable import AtelierService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether a service can listen here, and be asked.
let canServe = HTTPServer.isAvailable && HTTPClient.isAvailable

/// A folder that is a test's own.
func scratchFolder() -> String {
    var template = Array("/tmp/atelier-service-XXXXXX".utf8CString)
    return String(cString: mkdtemp(&template)!)
}

/// Runs a service for the length of `body`.
func serving(
    in folder: String = scratchFolder(), engine: Engine = Engine(levels: [MemoryStore()]),
    _ configure: (inout ServiceConfiguration) -> Void = { _ in }, _ body: (TestClient) async throws -> Void
) async throws {
    var configuration = ServiceConfiguration(server: .init(port: 0), folder: folder, version: "1.2.3", slots: 2)
    // Tests may get no thread for minutes.
    configuration.server.limits.headSeconds = 900
    configuration.server.limits.idleSeconds = 900
    configuration.server.limits.bodyGraceSeconds = 900
    configure(&configuration)
    let service = try Service(engine: engine, configuration)
    do { try await body(TestClient(url: "http://127.0.0.1:\(service.port)", service: service)) } catch {
        await service.stop()
        throw error
    }
    await service.stop()
}

/// Asks a service.
struct TestClient: Sendable {
    let url: String, service: Service
    private let client = HTTPClient()

    init(url: String, service: Service) { (self.url, self.service) = (url, service) }

    /// What came back.
    struct Answer: Sendable {
        var status: Int
        var headers: [HTTPHeader]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSON { get throws { try JSON(parsing: body) } }
        subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    }

    func send(_ method: String, _ path: String, _ body: [UInt8]? = nil, _ fields: [String: String] = [:]) async throws -> Answer {
        let answer = try await client.send(
            HTTPRequest(
                url + path, method: method, headers: fields.map { HTTPHeader($0, $1) }, body: body,
                limits: HTTPLimits(connect: .seconds(900), idle: .seconds(900))))
        return Answer(status: answer.status, headers: answer.headers, body: try await answer.body.bytes())
    }

    func get(_ path: String, _ fields: [String: String] = [:]) async throws -> Answer { try await send("GET", path, nil, fields) }

    func post(_ path: String, _ body: [UInt8], type: String = "image/png", _ fields: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, body, fields.merging(["Content-Type": type]) { $1 })
    }

    func post(_ path: String, json: JSON, _ fields: [String: String] = [:]) async throws -> Answer {
        try await post(path, json.bytes, type: "application/json", fields)
    }

    /// Sends the beginning of a request and closes the connection.
    func breakOff(_ head: String, _ body: [UInt8]) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = service.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        let bytes = Array("\(head) HTTP/1.1\r\nHost: \(url.dropFirst(7))\r\n".utf8) + body
        guard isConnected == 0, write(descriptor, bytes, bytes.count) == bytes.count else { throw NotSent() }
    }

    private struct NotSent: Error {}

    /// The job when it is over; nil when that takes too long.
    func finished(_ job: JSON) async throws -> JSON? {
        guard let path = job["links"]?["self"]?.string else { return nil }
        for _ in 0..<60 {
            let job = try await get(path + "?wait=60").json
            if !["queued", "running"].contains(job["state"]?.string) { return job }
        }
        return nil
    }
}

/// An answer has no list where one should be.
struct NoList: Error {}

/// A small picture; another one for every number.
func picture(_ number: Int = 0) -> [UInt8] {
    var raster = Raster(width: 24, height: 24, filledWith: RGBA8(255, 255, 255, 255))
    for y in 4..<14 { for x in 4..<(8 + number % 12) { raster[x, y] = RGBA8(UInt8(40 + number % 200), 60, 200, 255) } }
    for y in 16..<20 { for x in 2..<20 { raster[x, y] = RGBA8(200, UInt8(number % 256), 40, 255) } }
    return encodePNG(raster)
}

/// A form with files and fields.
func form(files: [(name: String, bytes: [UInt8])], fields: [(name: String, value: String)] = []) -> (body: [UInt8], type: String) {
    var body: [UInt8] = []
    for (name, bytes) in files {
        body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n".utf8
        body += bytes + "\r\n".utf8
    }
    for (name, value) in fields { body += "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8 }
    return (body + "--b--\r\n".utf8, "multipart/form-data; boundary=b")
}
