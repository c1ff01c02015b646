package import AtelierJSON
import AtelierLayers
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
    package func json(paths: [String?]) -> JSON {
        switch self {
        case .convert(let request): request.json(paths: paths)
        case .compose(let request): request.json(paths: paths)
        }
    }

    /// Reads what `json(paths:)` wrote; nil for anything else.
    package static func reading(_ json: JSON) -> (request: Request, paths: [String?])? {
        guard case .object(let members) = json else { return nil }
        let isCollection = members.contains { $0.name == "target" && $0.value == .string(CompositionRequest.product) }
        return isCollection ? CompositionRequest.reading(members) : ConversionRequest.reading(members)
    }
}

/// Options that differ from their defaults, by name; nil when none does.
package func said<Options>(_ options: Options, over defaults: Options, of sayable: [Option<Options>]) -> JSON? {
    let said = sayable.compactMap { option -> JSON.Member? in
        let value = option.read(options)
        return value == option.read(defaults) ? nil : JSON.Member(option.name, value.json)
    }
    return said.isEmpty ? nil : .object(said)
}

private func listed(_ sources: [Digest], _ paths: [String?]) -> JSON {
    .array(zip(sources, paths).map { .object(["digest": .string($0.description), "path": $1.map(JSON.string)]) })
}

/// What `listed` wrote; nil for anything else.
private func files(in list: [JSON]) -> (sources: [Digest], paths: [String?])? {
    var sources: [Digest] = [], paths: [String?] = []
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
    return (sources, paths)
}

extension ConversionRequest {
    fileprivate func json(paths: [String?]) -> JSON {
        .object([
            "target": .string(target.rawValue),
            "sources": listed(sources, paths),
            "attachments": attachments.isEmpty ? nil : .array(attachments.map { .string($0.rawValue) }),
            "links": links.isEmpty
                ? nil
                : .array(
                    links.map {
                        .object([
                            "page": .integer($0.page), "path": .string($0.path), "refusal": $0.refusal.map { .string($0.rawValue) },
                        ])
                    }),
            "options": said(options, over: ConversionOptions(), of: sayable),
            "title": title.map(JSON.string),
        ])
    }

    fileprivate static func reading(_ members: [JSON.Member]) -> (request: Request, paths: [String?])? {
        var target: Request.Target?, sources: [Digest] = [], paths: [String?] = [], said = ConversionOptions(), title: String?
        var attachments: [Request.Attachment] = [], links: [Request.Link] = []
        for member in members {
            switch (member.name, member.value) {
            case ("target", .string(let name)): target = Request.Target(rawValue: name)
            case ("title", .string(let text)): title = text
            case ("attachments", .array(let list)):
                for case .string(let word) in list {
                    guard let attachment = Request.Attachment(rawValue: word) else { return nil }
                    attachments.append(attachment)
                }
            case ("links", .array(let list)):
                for value in list {
                    guard let link = Request.Link(reading: value) else { return nil }
                    links.append(link)
                }
            case ("options", let value):
                // An option of another version: the request cannot be made here.
                guard let read = try? sayable.decode(value, over: said) else { return nil }
                said = read
            case ("sources", .array(let list)):
                guard let read = files(in: list) else { return nil }
                (sources, paths) = read
            default: return nil
            }
        }
        guard let target, sources.count > attachments.count + links.count(where: { $0.refusal == nil }) else { return nil }
        return (
            Request(target: target, sources: sources, attachments: attachments, links: links, options: said, title: title), paths
        )
    }
}

extension CompositionRequest {
    fileprivate func json(paths: [String?]) -> JSON {
        .object([
            "target": .string(Self.product),
            "sources": listed(sources, paths),
            "folder": .string(place.folder),
            "files": place.files == pictures ? nil : .array(place.files.map(JSON.string)),
            "project": hasProjectFile ? .bool(true) : nil,
            "plan": hasPlanFile ? .bool(true) : nil,
            "pictures": .array(pictures.map(JSON.string)),
            "canvas": canvas.map { .array([.integer($0.width), .integer($0.height)]) },
            "options": said(options, over: CompositionOptions(), of: CompositionOptions.all),
        ])
    }

    fileprivate static func reading(_ members: [JSON.Member]) -> (request: Request, paths: [String?])? {
        var request = CompositionRequest(PlanCollection.Source(folder: "", files: []), project: nil, pictures: [], canvas: nil)
        var paths: [String?] = [], listing: [String]?
        for member in members {
            switch (member.name, member.value) {
            case ("target", _): break
            case ("folder", .string(let name)): request.place.folder = name
            case ("files", .array(let list)):
                guard let names = texts(list) else { return nil }
                listing = names
            case ("pictures", .array(let list)):
                guard let names = texts(list) else { return nil }
                request.pictures = names
            case ("project", .bool(let isThere)): request.hasProjectFile = isThere
            case ("plan", .bool(let isThere)): request.hasPlanFile = isThere
            case ("canvas", .array(let list)):
                guard list.count == 2, case .integer(let width) = list[0], case .integer(let height) = list[1],
                    (1...1 << 20).contains(width), (1...1 << 20).contains(height)
                else { return nil }
                request.canvas = PixelSize(width: width, height: height)
            case ("options", let value):
                // An option of another version: the request cannot be made here.
                guard let read = try? CompositionOptions.all.decode(value, over: request.options) else { return nil }
                request.options = read
            case ("sources", .array(let list)):
                guard let read = files(in: list) else { return nil }
                (request.sources, paths) = read
            default: return nil
            }
        }
        request.place.files = listing ?? request.pictures
        let count = request.pictures.count + (request.hasProjectFile ? 1 : 0) + (request.hasPlanFile ? 1 : 0)
        return request.sources.count == count ? (.compose(request), paths) : nil
    }
}

/// The texts of a list that has nothing else.
private func texts(_ list: [JSON]) -> [String]? {
    let texts = list.compactMap { value -> String? in if case .string(let text) = value { text } else { nil } }
    return texts.count == list.count ? texts : nil
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
