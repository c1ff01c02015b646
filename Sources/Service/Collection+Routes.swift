import AtelierArchives
import AtelierImageCodecs
import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierScheduling
import AtelierServing
import AtelierStages

extension ServiceState {
    /// What is asked about collections beyond their archives: plans, and items one by one.
    var collectionRoutes: [Route] {
        let plan = Route.Parameter(
            name: "plan", place: .path, summary: "What POST /v1/compose/plan calls it.",
            schema: .object(["type": "string", "pattern": "^[0-9a-f]{64}$"]))
        let item = Route.Parameter(
            name: "item", place: .path, summary: "The item's number with .png or .json.",
            schema: .object(["type": "string", "pattern": "^[0-9]+\\.(png|json)$"]))
        let size = Route.Parameter(
            name: "size", summary: "Width of the picture in pixels, as the plan says unless given.",
            schema: .object(["type": "integer", "minimum": 1, "maximum": 4096]))
        return [
            Route(
                method: "POST", template: "/v1/compose/plan", summary: "Plans a collection without drawing it.", scope: .convert,
                parameters: [.wishName], bodies: ["application/json", "multipart/form-data", "application/octet-stream"],
                answers: [(200, ["application/json"])], problems: [404, 507], body: .ref("ComposeRequest"), answer: .ref("CollectionPlan")
            ) { [self] call in
                let reader = try SubmissionReader(call, .compose, in: self)
                return .work(reader) { [self] in
                    let submission = try reader.finish()
                    // Another wish than the archive's.
                    _ = try claim(submission, "plan", call)
                    return .json(try await planned(submission, for: call.caller.name, since: call.began))
                }
            },
            Route(
                method: "GET", template: "/v1/compose/{plan}/items/{item}", summary: "An item of a planned collection.",
                parameters: [plan, item, size], answers: [(200, ["image/png", "application/json"]), (206, ["image/png"]), (304, [])],
                problems: [404, 416, 422]
            ) { [self] call in
                .task { [self] in
                    var size: Int?
                    if let text = call.head.query("size") {
                        guard let number = Int(text), (1...4096).contains(number) else {
                            throw Problem(422, "bad-size", "'size' is a width from 1 to 4096 pixels")
                        }
                        size = number
                    }
                    guard let plan = Digest(call.values["plan"]!) else { throw noSuchItem }
                    return try await self.item(call.values["item"]!, of: plan, width: size, for: call.caller.name).response(to: call.head)
                }
            },
        ]
    }

    // MARK: Plans

    /// What a plan comes to, as JSON. Throws `Problem`, `ProjectError` and `PlanningError`.
    func planned(_ submission: Submission, for client: String, since began: UInt64) async throws -> JSON {
        let collection = try collection(submission.wishes, of: submission.inputs)
        // Counting goes by layers and rules and takes milliseconds for most.
        let job = JobQueue.Job(client: client, place: submission.urgency.place, cost: 20_000_000)
        return try await admission.run(job) { _ in
            let plan = try await engine.value(of: collection.archive.plan, priority: submission.urgency.priority)
            return try json(of: plan, for: collection, since: began)
        }
    }

    /// Items whose choices are listed, at most: a million takes some megabytes.
    private static let mostListed = 100_000

    private func json(of plan: CollectionPlan, for collection: Collection, since began: UInt64) throws -> JSON {
        let request = collection.request, project = collection.project, rarity = Rarity(of: plan, in: project),
            total = Double(max(1, rarity.combinedCount))
        let listed = min(plan.count, Self.mostListed)
        // A collection of several configurations, or one of exact counts, has no one number of combinations.
        let possible = project.configurations.count == 1 ? try? project.combinationCount().description : nil
        let layers = project.layers.enumerated().map { index, layer in
            JSON.object([
                "name": .string(layer.name), "probability": (layer.probability?.value).map(JSON.number),
                "traits": .array(
                    rarity.frequencies.filter { $0.layer == index }.map { frequency in
                        let trait = frequency.trait == CollectionPlan.none ? nil : layer.traits[Int(frequency.trait)]
                        return .object([
                            "name": trait.map { .string($0.name) } ?? .null, "weight": (trait?.weight.value).map(JSON.number),
                            "asked": .number(frequency.asked), "expected": frequency.expected.map(JSON.number),
                            "got": .number(Double(frequency.count) / total), "count": .integer(frequency.count),
                        ])
                    }),
            ])
        }
        return .object([
            "plan": .string(try keep(Request.compose(request).json(paths: request.sources.map { _ in nil }).bytes).description),
            "name": .string(project.name), "count": .integer(plan.count), "start": .integer(plan.start),
            "possible": possible.map(JSON.string) ?? .null,
            "size": .object(["width": .integer(collection.size.width), "height": .integer(collection.size.height)]),
            "layers": .array(layers), "rules": .array(project.rules.map { .string($0.text) }), "project": collection.editable,
            "inputs": .array(collection.files.map { .object(["digest": .string($0.digest.description), "name": .string($0.name)]) }),
            "traits": .string(base64(littleEndian: plan.traits.prefix(listed * plan.layerCount))),
            "ranks": .string(base64(littleEndian: rarity.ranks.prefix(listed).map { UInt32($0.rank) })),
            "ms": .milliseconds(monotonicNanoseconds() - began),
        ])
    }

    // MARK: Items

    private var noSuchItem: Problem {
        Problem(404, "no-such-item", "there is no such item of a plan here", hint: "POST /v1/compose/plan again")
    }

    /// A picture (`5.png`) or the metadata (`5.json`) of an item.
    ///
    /// - Parameters:
    ///   - digest: The plan.
    ///   - width: Of the picture in pixels; nil as the plan says.
    /// - Throws: `Problem`, and why the item cannot be drawn.
    func item(_ name: String, of digest: Digest, width: Int?, for client: String) async throws -> Delivery {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let path = uploads.file(of: digest), parts.count == 2, let number = Int(parts[0]),
            let json = try? JSON(parsing: Array(try Blob.reading(path: path, limit: .max).bytes)),  // any file may be named
            case .compose(var composition)? = Request.reading(json)?.request
        else { throw noSuchItem }
        (composition.options.format, composition.options.level) = (.png, .fast)
        if let width { composition.options.size = width }
        let archive = try composition.archive(of: try sources(of: composition)), urgency = Urgency.interactive
        let file = try await archive.source.file.asyncMap { try await engine.value(of: $0) }
        let project = try archive.source.project(file)
        let plan = try await engine.value(of: archive.plan, priority: urgency.priority), index = number - plan.start
        guard (0..<plan.count).contains(index) else {
            throw Problem(404, "no-such-item", "the plan has the items \(plan.start) to \(plan.start + plan.count - 1)")
        }
        switch parts[1] {
        case "json":
            let bytes = Blob(project.metadataBytes(of: plan[index], standard: composition.options.standard, pictureEnding: "png"))
            return Delivery(bytes: bytes, type: "application/json", tag: "\(digest)-\(number)")
        case "png":
            let style = try archive.style(for: project)
            // Small pictures are drawn together, as many as an archive would draw together; a large one alone.
            let most = style.width > 512 ? 1 : DrawItems.mostItems(width: style.width, height: style.height), first = index / most * most
            let pictures = try archive.pictures(of: first..<min(first + most, plan.count), for: project, plan)
            let job = JobQueue.Job(client: client, place: urgency.place, cost: 2_000_000)
            let zip = try await admission.run(job) { _ in try await engine.value(of: pictures[0], priority: urgency.priority) }
            let reader = try ZIPReader(Array(zip.bytes))
            guard let member = reader.members.first(where: { $0.name == "images/\(number).png" }) else { throw ItemWithoutPicture() }
            return Delivery(bytes: Blob(try reader.unpacked(member)), type: "image/png", tag: "\(pictures[0].digest)-\(number)")
        default: throw Problem(404, "no-such-item", "an item is a picture (.png) or its metadata (.json)")
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        if let self { try await transform(self) } else { nil }
    }
}

/// A range that does not hold what it was made for; it would be a mistake of this program.
private struct ItemWithoutPicture: Error {}

/// Numbers as bytes, the lowest first, as text (RFC 4648, section 4).
func base64<Number: FixedWidthInteger>(littleEndian numbers: some Sequence<Number>) -> String {
    let bytes = numbers.map(\.littleEndian).withUnsafeBytes(Array.init)
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var word = 0
        for place in 0..<3 { word = word << 8 | (place < count ? Int(bytes[start + place]) : 0) }
        for place in 0..<4 { text.append(place <= count ? letters[word >> (18 - 6 * place) & 63] : UInt8(ascii: "=")) }
    }
    return String(decoding: text, as: UTF8.self)
}
