import AtelierJSON
import AtelierMemo
import AtelierSVG

/// Everything a request's options can say.
private let sayable = ConversionOptions.tracing + ConversionOptions.slides + ConversionOptions.limits

extension Request {
    /// The request as JSON with the path beside each source's digest, as the request log writes it.
    ///
    /// Options that are as by default are left out: like a command line, the record follows a default that changes.
    ///
    /// - Parameter paths: Where each source was read; nil for one that came through a pipe.
    func json(paths: [String?]) -> JSON {
        let defaults = ConversionOptions()
        let said = sayable.compactMap { option -> JSON.Member? in
            let value = option.read(self.options)
            return value == option.read(defaults) ? nil : JSON.Member(option.name, value.json)
        }
        return .object([
            "target": .string(target.rawValue),
            "sources": .array(
                zip(sources, paths).map { .object(["digest": .string($0.description), "path": $1.map(JSON.string)]) }),
            "attachments": attachments.isEmpty ? nil : .array(attachments.map { .string($0.rawValue) }),
            "links": links.isEmpty
                ? nil
                : .array(
                    links.map {
                        .object([
                            "page": .integer($0.page), "path": .string($0.path), "refusal": $0.refusal.map { .string($0.rawValue) },
                        ])
                    }),
            "options": said.isEmpty ? nil : .object(said),
            "title": title.map(JSON.string),
        ])
    }

    /// Reads what `json(paths:)` wrote; nil for anything else.
    static func reading(_ json: JSON) -> (request: Request, paths: [String?])? {
        guard case .object(let members) = json else { return nil }
        var target: Target?, sources: [Digest] = [], paths: [String?] = [], said = ConversionOptions(), title: String?
        var attachments: [Attachment] = [], links: [Link] = []
        for member in members {
            switch (member.name, member.value) {
            case ("target", .string(let name)): target = Target(rawValue: name)
            case ("title", .string(let text)): title = text
            case ("attachments", .array(let list)):
                for case .string(let word) in list {
                    guard let attachment = Attachment(rawValue: word) else { return nil }
                    attachments.append(attachment)
                }
            case ("links", .array(let list)):
                for value in list {
                    guard let link = Link(reading: value) else { return nil }
                    links.append(link)
                }
            case ("options", let value):
                // An option of another version: the request cannot be made here.
                guard let read = try? sayable.decode(value, over: said) else { return nil }
                said = read
            case ("sources", .array(let list)):
                for case .object(let source) in list {
                    var digest: Digest?, path: String?
                    for member in source {
                        guard case .string(let text) = member.value else { return nil }
                        if member.name == "digest" { digest = Digest(text) } else { path = text }
                    }
                    guard let digest else { return nil }
                    sources.append(digest)
                    paths.append(path)
                }
            default: return nil
            }
        }
        guard let target, sources.count > attachments.count + links.count(where: { $0.refusal == nil }) else { return nil }
        return (
            Request(target: target, sources: sources, attachments: attachments, links: links, options: said, title: title), paths
        )
    }
}

extension Request.Link {
    fileprivate init?(reading json: JSON) {
        guard case .object(let members) = json else { return nil }
        var page: Int?, path: String?, refusal: SVG.LinkedFile.Refusal?
        for member in members {
            switch (member.name, member.value) {
            case ("page", .integer(let number)): page = number
            case ("path", .string(let text)): path = text
            case ("refusal", .string(let word)):
                guard let read = SVG.LinkedFile.Refusal(rawValue: word) else { return nil }
                refusal = read
            default: return nil
            }
        }
        guard let page, let path else { return nil }
        self.init(page: page, path: path, refusal: refusal)
    }
}

extension OptionValue {
    fileprivate var json: JSON {
        switch self {
        case .absent: .null
        case .flag(let on): .bool(on)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .text(let text): .string(text)
        }
    }
}
