import AtelierJSON
import AtelierServing

/// What a path and a method do, described for people and programs at once: requests are served by this table, and so is OpenAPI.
struct Route: Sendable {
    /// A value beside the body.
    struct Parameter: Sendable {
        /// Where it stands, as OpenAPI calls it.
        enum Place: String { case path, query, header }

        var name: String
        var place = Place.query
        var summary: String
        /// JSON schema.
        var schema: JSON
    }

    var method: String
    /// `/v1/jobs/{id}`: a name in braces stands for one part.
    var template: String
    var summary: String
    /// What a caller must be allowed to do.
    var scope = Scope.read
    var parameters: [Parameter] = []
    /// Media types of the body that is taken; none when there is no body.
    var bodies: [String] = []
    /// Status codes and the media types that come with them; problems are added.
    var answers: [(status: Int, types: [String])]
    /// Problems' status codes beyond those every route of its scope has.
    var problems: [Int] = []
    /// JSON schema of a JSON body, and of a JSON answer that is no problem.
    var body: JSON?, answer: JSON?
    /// What is done with a request, asked when its head is there, on a thread of the server's: it must not wait. Throws `Problem`.
    var handle: @Sendable (Call) throws -> Handling
}

/// Routes by path.
struct RouteTable: Sendable {
    let routes: [Route]

    /// What can follow the parts of a path that have been read; the first stands for `/`.
    private struct Node {
        /// The next nodes, by the part that is named, and for any other.
        var named: [String: Int] = [:], any: Int?
        /// Places of the routes that end here, in their order.
        var routes: [Int] = []
    }
    private var nodes = [Node()]
    /// Of each route, which parts of its path are values, and their names.
    private var values: [[(part: Int, name: String)]] = []

    /// Routes in the order they are documented; a part that one of them names is not another's value.
    init(_ routes: [Route]) {
        self.routes = routes
        for (place, route) in routes.enumerated() {
            var node = 0, values: [(part: Int, name: String)] = []
            for (index, part) in route.template.split(separator: "/").enumerated() {
                let isValue = part.first == "{", known = isValue ? nodes[node].any : nodes[node].named[String(part)]
                let next = known ?? nodes.count
                if next == nodes.count { nodes.append(Node()) }
                if isValue { nodes[node].any = next } else { nodes[node].named[String(part)] = next }
                node = next
                if isValue { values.append((index, String(part.dropFirst().dropLast()))) }
            }
            nodes[node].routes.append(place)
            self.values.append(values)
        }
    }

    /// The route of a request, or why there is none. `HEAD` is served by `GET`.
    ///
    /// - Complexity: O(parts of the path).
    func find(_ head: RequestHead) throws(Problem) -> (Route, values: [String: String]) {
        guard let path = head.path else {
            throw Problem(400, "bad-path", "the path has a broken escape or is not UTF-8", hint: "encode it as RFC 3986 says")
        }
        let places = end(of: path, after: 0, from: 0).map { nodes[$0].routes } ?? []
        guard !places.isEmpty else {
            throw Problem(404, "no-such-path", "there is nothing under this path", hint: "/docs lists what there is")
        }
        let method = head.method == "HEAD" ? "GET" : head.method
        if let place = places.first(where: { routes[$0].method == method }) {
            return (routes[place], Dictionary(uniqueKeysWithValues: values[place].map { ($0.name, path[$0.part]) }))
        }
        let allowed = places.flatMap { routes[$0].method == "GET" ? ["GET", "HEAD"] : [routes[$0].method] }
        var problem = Problem(405, "method-not-allowed", "\(head.method) does not go with this path")
        problem.allow = allowed.joined(separator: ", ")
        problem.hint = "use \(problem.allow!)"
        throw problem
    }

    /// The node where a path ends and a route does; a part that is named before one that is not.
    private func end(of path: [String], after count: Int, from node: Int) -> Int? {
        guard count < path.count else { return nodes[node].routes.isEmpty ? nil : node }
        if let next = nodes[node].named[path[count]], let end = end(of: path, after: count + 1, from: next) { return end }
        guard let next = nodes[node].any, !path[count].isEmpty else { return nil }
        return end(of: path, after: count + 1, from: next)
    }

    /// The table as OpenAPI 3.1.
    ///
    /// - Parameters:
    ///   - version: Of the service.
    ///   - schemas: Named documents beside those of `APISchemas`.
    ///   - proof: What callers have to bring, by scope.
    func openAPI(version: String, schemas: [JSON.Member], proof: (Scope) -> Access.Proof) -> JSON {
        var paths: [JSON.Member] = []
        for route in routes {
            let operation = JSON.Member(route.method.lowercased(), route.operation(proof(route.scope)))
            if let index = paths.firstIndex(where: { $0.name == route.template }), case .object(let others) = paths[index].value {
                paths[index].value = .object(others + [operation])
            } else {
                paths.append(JSON.Member(route.template, .object([operation])))
            }
        }
        return .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": "Atelier", "version": .string(version), "description": "Pictures to SVG, SVG to slides, layers to collections.",
            ]),
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(APISchemas.all + schemas),
                "securitySchemes": Scope.allCases.allSatisfy { proof($0) == .nothing }
                    ? nil : .object(["key": .object(["type": "http", "scheme": "bearer"])]),
            ]),
        ])
    }
}

extension Route {
    fileprivate func operation(_ proof: Access.Proof) -> JSON {
        let key = JSON.object(["key": .array([.string(scope.rawValue)])])
        var responses = answers.map { answer in
            var members = [JSON.Member("description", .string(reason(answer.status)))]
            if !answer.types.isEmpty {
                members.append(.init("content", .object(answer.types.map { .init($0, content(of: $0, status: answer.status)) })))
            }
            if method == "POST", answer.status == 202 || self.answer == .ref("Job") { members.append(.init("links", Self.jobLinks)) }
            return JSON.Member("\(answer.status)", .object(members))
        }
        let always = scope == .open ? [405] : [400, 401, 403, 405, 421, 429, 503]
        let bodyProblems = bodies.isEmpty ? [] : [413, 415, 422]
        for status in Set(always + bodyProblems + problems).sorted() {
            responses.append(
                JSON.Member(
                    "\(status)",
                    .object([
                        "description": .string(reason(status)),
                        "content": .object([
                            "application/problem+json": .object(["schema": .object(["$ref": "#/components/schemas/Problem"])])
                        ]),
                    ])))
        }
        return .object([
            "summary": .string(summary),
            "operationId": .string(operationID),
            "parameters": parameters.isEmpty ? nil : .array(parameters.map(\.json)),
            "requestBody": bodies.isEmpty
                ? nil : .object(["required": true, "content": .object(bodies.map { JSON.Member($0, bodyContent(of: $0)) })]),
            "responses": .object(responses),
            "security": .array(proof == .nothing ? [] : proof == .key ? [key] : [.object([]), key]),
        ])
    }

    private func content(of type: String, status: Int) -> JSON {
        guard type.hasSuffix("json"), let answer else { return .object([]) }
        // What is accepted, whatever was asked for, has become a job.
        return .object(["schema": status == 202 ? .ref("Job") : answer])
    }

    private func bodyContent(of type: String) -> JSON {
        switch type {
        case "application/json": .object(["schema": body ?? .object(["type": "object"])])
        case "multipart/form-data": .object(["schema": Self.form])
        default: .object(["schema": .object(["type": "string", "format": "binary", "minLength": 1])])
        }
    }

    /// Files, settings as a document, and options as fields of their own.
    private static let form = JSON.object([
        "type": "object", "required": ["file"],
        "properties": .object([
            "file": .object(["type": "array", "minItems": 1, "items": .object(["type": "string", "format": "binary", "minLength": 1])]),
            "settings": .object(["type": "object"]),
        ]),
    ])

    /// What can be asked of a job by the name that an answer gives it.
    private static let jobLinks = JSON.object(
        [
            ("job", "getV1JobsId"), ("results", "getV1JobsIdResults"), ("result", "getV1JobsIdResult"),
            ("archive", "getV1JobsIdArchiveZip"),
            ("report", "getV1JobsIdReport"), ("events", "getV1JobsIdEvents"), ("cancel", "postV1JobsIdCancel"),
            ("delete", "deleteV1JobsId"),
        ].map { name, operation in
            .init(
                name,
                .object(["operationId": .string(operation), "parameters": .object(["id": "$response.body#/id"])]))
        })

    /// `getV1JobsId`.
    private var operationID: String {
        method.lowercased()
            + template.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension Route.Parameter {
    fileprivate var json: JSON {
        .object([
            "name": .string(name), "in": .string(place.rawValue), "required": place == .path ? true : nil,
            "description": .string(summary), "schema": schema,
        ])
    }
}
