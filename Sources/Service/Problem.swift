import AtelierJSON
import AtelierMemo
import AtelierServing

/// Why a request is not done, as `application/problem+json` (RFC 9457).
struct Problem: Error, Sendable {
    var status: Int
    /// A word that programs can go by; it never changes. The problem's type is `/problems/` and this.
    var code: String
    /// One sentence: what, where.
    var detail: String
    /// What would help.
    var hint: String?
    /// The limit that was passed, where it is one.
    var limit: Int?
    /// Whole seconds after which trying again makes sense.
    var retryAfter: Int?
    /// Methods there are, of a path without this one.
    var allow: String?
    /// Further header fields of the answer.
    var fields: [(name: String, value: String)] = []

    init(_ status: Int, _ code: String, _ detail: String, hint: String? = nil, limit: Int? = nil, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.limit = limit
        self.retryAfter = retryAfter
    }

    /// The same of what a job was to make: what is asked for now is well said, and trying again does not help.
    var ofJob: Problem {
        var problem = self
        (problem.status, problem.retryAfter) = (409, nil)
        return problem
    }

    /// The document; `id` names the request in the log.
    func json(requestID id: String?) -> JSON {
        .object([
            "type": .string("/problems/\(code)"), "title": .string(reason(status)), "status": .integer(status), "detail": .string(detail),
            "code": .string(code), "hint": hint.map(JSON.string), "limit": limit.map(JSON.integer),
            "retry_after": retryAfter.map(JSON.integer), "request_id": id.map(JSON.string),
        ])
    }

    /// Reads what `json(requestID:)` wrote; nil for anything else.
    init?(reading json: JSON) {
        guard case .integer(let status)? = json["status"], let code = json["code"]?.string, let detail = json["detail"]?.string else {
            return nil
        }
        self.init(status, code, detail, hint: json["hint"]?.string)
        if case .integer(let limit)? = json["limit"] { self.limit = limit }
    }

    /// The answer.
    func response(requestID id: String) -> ServerResponse {
        let body = json(requestID: id)
        var fields = [("Cache-Control", "no-store")] + fields
        if let retryAfter { fields.append(("Retry-After", "\(retryAfter)")) }
        if let allow { fields.append(("Allow", allow)) }
        // What was asked for has to be said with a key (RFC 9110, section 11.6.1).
        if status == 401 { fields.append(("WWW-Authenticate", "Bearer")) }
        return ServerResponse(status: status, type: "application/problem+json", Blob(body.bytes), fields: fields)
    }
}

/// The phrase of a status code (RFC 9110, section 15).
func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 409: "Conflict"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 507: "Insufficient Storage"
    default: "Error"
    }
}
