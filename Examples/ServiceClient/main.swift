// Has a running service trace pictures, and follows it: swift run ServiceClient http://127.0.0.1:8080 art.zip Examples/art/*.png
//
// A key goes into the variable ATELIER_KEY. One picture at a time could be had with one request (POST /v1/trace); a job takes any number,
// survives a restart of the service, and answers at once when the same was asked before.

import AtelierHTTP
import AtelierJSON
import Foundation

struct Refused: Error, CustomStringConvertible { var description: String }

/// A service and who asks it.
struct Client {
    let url: String
    let key: String?
    let http = HTTPClient()

    /// Sends a request, again where the service says when.
    func ask(_ method: String, _ path: String, _ headers: [HTTPHeader] = [], body: [UInt8]? = nil) async throws -> HTTPResponse {
        let headers = headers + (key.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? [])
        while true {
            let answer = try await http.send(HTTPRequest(url + path, method: method, headers: headers, body: body))
            if answer.status == 429, let seconds = answer["retry-after"].flatMap(Double.init) {
                try await Task.sleep(for: .seconds(seconds))
                continue
            }
            guard answer.status < 400 else {
                throw Refused(description: "\(method) \(path): \(String(decoding: try await answer.body.bytes(), as: UTF8.self))")
            }
            return answer
        }
    }
}

/// Files as a form (RFC 7578).
func form(_ paths: [String]) throws -> (type: String, body: [UInt8]) {
    let boundary = UUID().uuidString
    var body: [UInt8] = []
    for path in paths {
        let name = path.split(separator: "/").last ?? ""
        body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n".utf8
        body += try Data(contentsOf: URL(filePath: path))
        body += "\r\n".utf8
    }
    return ("multipart/form-data; boundary=\(boundary)", body + "--\(boundary)--\r\n".utf8)
}

guard CommandLine.arguments.count > 3 else { fatalError("usage: ServiceClient URL OUTPUT.zip PICTURE…") }
let client = Client(url: CommandLine.arguments[1], key: ProcessInfo.processInfo.environment["ATELIER_KEY"])
let (type, body) = try form(Array(CommandLine.arguments[3...]))

// The job's name is the digest of what it asks for, so a client that is started again finds the one it had.
let accepted = try await client.ask("POST", "/v1/jobs?kind=trace&preset=logo", [HTTPHeader("Content-Type", type)], body: body)
guard let job = accepted["location"] else { throw Refused(description: "the service named no job") }

// Events say how far it is; the last one is called end.
var events = ServerSentEvents()
follow: for try await bytes in try await client.ask("GET", job + "/events").body {
    for event in try events.read(bytes) {
        print(event.type, event.data.prefix(120))
        if event.type == "end" { break follow }
    }
}

let archive = try await client.ask("GET", job + "/archive.zip").body.bytes()
try Data(archive).write(to: URL(filePath: CommandLine.arguments[2]))
print("\(CommandLine.arguments[2]), \(archive.count) bytes")
