import AtelierJSON

/// The interface for people: the table of routes as one page of HTML, with nothing from anywhere else and no script.
struct DocsPage {
    private let routes: [Route], schemas: [JSON.Member]
    private let version: String

    /// - Parameter schemas: Named documents beside those of `APISchemas`.
    init(_ routes: [Route], _ schemas: [JSON.Member], version: String) {
        (self.routes, self.schemas, self.version) = (routes, APISchemas.all + schemas, version)
    }

    /// The page.
    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Atelier \(escaped(version)): HTTP interface</title><style>\(Self.style)</style></head><body>
        <header><h1>Atelier \(escaped(version))</h1>
        <p>Everything under one table: <a href="/openapi.json">OpenAPI 3.1</a> for programs, this page for people, <a href="/">the studio</a>.
        A key is sent as <code>Authorization: Bearer KEY</code>. What goes wrong is said as <code>application/problem+json</code>
        (<a href="#schema-Problem">Problem</a>); 429 says in <code>Retry-After</code> when to ask again.</p></header>
        <nav><ul>\(routes.map { "<li><a href=\"#\(anchor($0))\">\(heading($0))</a></li>" }.joined(separator: "\n"))</ul></nav>
        <main>\(routes.map(section).joined(separator: "\n"))
        <h2 id="schemas">Documents</h2>\(schemas.map(document).joined(separator: "\n"))</main></body></html>
        """
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
        code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;border:1px solid #8884;border-radius:6px}
        nav ul{columns:2;list-style:none;padding:0}section{border-top:1px solid #8884;padding:.6rem 0}h3{margin:.2rem 0}
        table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}.m{display:inline-block;min-width:4.5rem;font-weight:600}
        @media(max-width:40rem){nav ul{columns:1}}
        """

    private func heading(_ route: Route) -> String { "<span class=\"m\">\(route.method)</span> <code>\(escaped(route.template))</code>" }

    private func anchor(_ route: Route) -> String { "\(route.method)-" + route.template.map { $0.isLetter || $0.isNumber ? $0 : "-" } }

    private func section(_ route: Route) -> String {
        var rows: [(String, String)] = [("may", route.scope == .open ? "everybody" : "scope <code>\(route.scope.rawValue)</code>")]
        for parameter in route.parameters {
            let type = parameter.schema["type"]?.string ?? "any",
                words = parameter.schema["enum"].map { ": <code>\(escaped($0.text))</code>" } ?? ""
            rows.append(
                (
                    "\(parameter.place.rawValue) <code>\(escaped(parameter.name))</code>",
                    "\(escaped(parameter.summary)) \(type)\(words)"
                ))
        }
        if !route.bodies.isEmpty { rows.append(("takes", types(route.bodies, route.body))) }
        for answer in route.answers {
            rows.append(("\(answer.status) \(reason(answer.status))", types(answer.types, route.answer)))
        }
        let table = rows.map { "<tr><td>\($0)</td><td>\($1)</td></tr>" }.joined()
        return
            "<section id=\"\(anchor(route))\"><h3>\(heading(route))</h3><p>\(escaped(route.summary))</p><table>\(table)</table></section>"
    }

    private func types(_ types: [String], _ schema: JSON?) -> String {
        if types.isEmpty { return "nothing" }
        return types.map { type in
            guard type.hasSuffix("json"), let schema else { return "<code>\(escaped(type))</code>" }
            guard let name = schema["$ref"]?.string?.split(separator: "/").last else {
                return "<code>\(escaped(type))</code> <code>\(escaped(schema.text))</code>"
            }
            return "<code>\(escaped(type))</code> <a href=\"#schema-\(name)\">\(name)</a>"
        }.joined(separator: ", ")
    }

    private func document(_ member: JSON.Member) -> String {
        "<section id=\"schema-\(member.name)\"><h3>\(member.name)</h3><pre>"
            + "\(escaped(String(decoding: member.value.prettyBytes, as: UTF8.self)))</pre></section>"
    }
}

/// As text in HTML.
private func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
        switch character {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        default: escaped.append(character)
        }
    }
    return escaped
}
