import AtelierArchives
import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierStages
import Testing

@testable import AtelierService

@Suite("Conversions over HTTP", .enabled(if: canServe, "libmicrohttpd or libcurl is not on this machine"))
struct ConversionTests {
    @Test("A WebP file is known with its size, and traced", .enabled(if: WebP.isAvailable, "libwebp is not on this machine"))
    func webP() async throws {
        let raster = try decodeImage(picture(40).span), pixels = raster.pixels.flatMap { [$0.r, $0.g, $0.b, $0.a] }
        let file = try #require(WebP.encode(pixels, width: raster.width, height: raster.height, bytesPerPixel: 4))
        try await serving { client in
            let facts = try await client.post("/v1/blobs", file, type: "application/octet-stream").json
            #expect(facts["media_type"]?.string == "image/webp" && facts["width"] == 24 && facts["height"] == 24)
            let traced = try await client.post("/v1/trace", file, type: "image/webp"),
                other = try await client.post("/v1/trace", picture(40))
            #expect(traced.status == 200 && traced.body == other.body)
            let broken = try await client.post("/v1/trace", Array(file.prefix(30)), type: "image/webp")
            #expect(try broken.status == 422 && broken.json["detail"]?.string?.contains("WebP") == true)
        }
    }

    @Test("One file as it is, in a form, and by its digest give the same drawing; the second time it is found")
    func forms() async throws {
        try await serving { client in
            let bytes = picture(), first = try await client.post("/v1/trace?colors=4", bytes)
            #expect(first.status == 200 && first["content-type"] == "image/svg+xml" && first.text.hasPrefix("<svg"))
            #expect(first["cache-status"] == "atelier; fwd=miss; stored" && first["server-timing"]?.contains("tracing-fit;dur=") == true)
            #expect(first["content-security-policy"]?.hasPrefix("sandbox") == true && first["x-content-type-options"] == "nosniff")
            let form = form(files: [("a/logo.png", bytes)], fields: [("settings", "{\"colors\": 4}")])
            let second = try await client.post("/v1/trace", form.body, type: form.type)
            #expect(second.body == first.body && second["etag"] == first["etag"])
            #expect(second["cache-status"] == "atelier; hit; detail=memory")
            #expect(second["content-disposition"] == "attachment; filename=\"logo.svg\"")
            let blob = try await client.post("/v1/blobs", bytes).json
            #expect(blob["kind"]?.string == "picture" && blob["width"] == 24 && blob["bytes"] == .integer(bytes.count))
            let third = try await client.post(
                "/v1/trace", json: .object(["inputs": .array([blob["digest"]!]), "settings": .object(["colors": 4])]))
            #expect(third.body == first.body)
            let other = try await client.post("/v1/trace?colors=2", bytes)
            #expect(other.status == 200 && other.body != first.body)
        }
    }

    @Test("An answer in JSON tells the result, how it was made, what it is like, and the command that does the same")
    func document() async throws {
        try await serving { client in
            let first = try await client.post("/v1/trace?preset=logo&name=my%20logo.png", picture(1), ["Accept": "application/json"]).json
            #expect(
                first["cache"]?.string == "miss" && first["command"]?.string == "atelier trace 'my logo.png' --color-distance 4 --speckle 6"
            )
            // The file that came along can be named from now on.
            guard case .array(let inputs)? = first["inputs"], let digest = inputs.first?["digest"] else { throw NoList() }
            #expect(inputs.count == 1 && inputs[0]["name"] == "my logo.png")
            let again = try await client.post("/v1/trace", json: .object(["inputs": .array([digest]), "preset": "logo"]))
            #expect(again.text == first["svg"]?.string)
            guard case .array(let steps)? = first["steps"], case .array(let palette)? = first["report"]?["palette"] else { throw NoList() }
            #expect(steps.compactMap { $0["label"]?.string } == ["Decode", "Quantize", "Segment", "Fit", "Write"])
            #expect(steps.allSatisfy { $0["cache"] == .null })
            #expect(palette.count >= 3 && first["report"]?["ssim"] != nil && first["report"]?["delta_e00"] != nil)
            let url = try #require(first["result"]?["url"]?.string)
            let bytes = try await client.get(url)
            #expect(bytes.text == first["svg"]?.string && bytes["etag"] == "\"\(first["result"]!["digest"]!.string!)\"")

            // With one option of the end changed, what comes before it is found.
            let second = try await client.post(
                "/v1/trace?preset=logo&tolerance=1.5&report=brief", picture(1), ["Accept": "application/json"]
            ).json
            guard case .array(let others)? = second["steps"] else { throw NoList() }
            #expect(others.map { $0["cache"]?.string } == ["memory", "memory", "memory", nil, nil])
            #expect(second["report"] == nil)
        }
    }

    @Test("Several files become one presentation, with its slides and a report on every element")
    func deck() async throws {
        try await serving { client in
            let svg = Array("<svg xmlns='http://www.w3.org/2000/svg' width='96' height='48'><path d='M0 0H40V20z'/></svg>".utf8)
            let form = form(files: [("a.svg", svg), ("b.png", picture(2))], fields: [("title", "Two"), ("report", "full")])
            let answer = try await client.post("/v1/pptx", form.body, type: form.type, ["Accept": "application/json"]).json
            guard case .array(let slides)? = answer["slides"] else { throw NoList() }
            #expect(slides.count == 2 && slides.allSatisfy { $0["svg"]?.string?.hasPrefix("<svg") == true && $0["width_emu"] != nil })
            #expect(answer["report"]?["totals"]?["native"] != nil)
            let file = try await client.get(answer["result"]!["url"]!.string!)
            #expect(file.body.starts(with: Array("PK".utf8)) && file["content-type"]?.hasSuffix("presentationml.presentation") == true)
        }
    }

    @Test(
        "What is wrong is one sentence with a word that never changes",
        arguments: [
            ("/v1/trace?colurs=3", "image/png", nil, 422, "bad-settings"), ("/v1/trace?colors=many", "image/png", nil, 422, "bad-settings"),
            ("/v1/trace", "image/gif", nil, 415, "unsupported-media-type"),
            ("/v1/trace", "image/png", "not a picture", 422, "unreadable-input"),
            ("/v1/trace", "image/png", "", 422, "empty-body"), ("/v1/trace", "application/json", "{", 400, "bad-json"),
            ("/v1/trace", "application/json", "{\"inputs\": []}", 422, "no-input"),
            ("/v1/trace", "application/json", "{\"inputs\": [\"xyz\"]}", 422, "bad-inputs"),
            ("/v1/trace", "application/json", "{\"input\": []}", 422, "bad-request"),
            ("/v1/trace", "multipart/form-data", "x", 400, "bad-form"),
            ("/v1/trace", "multipart/form-data; boundary=b", "--b--", 422, "no-input"),
            ("/v1/trace?report=much", "image/png", nil, 422, "bad-report"), ("/v1/jobs?kind=paint", "image/png", nil, 422, "bad-kind"),
            ("/v1/compose", "application/zip", "PK", 422, "unreadable-input"), ("/v1/nothing", "image/png", nil, 404, "no-such-path"),
            ("/healthz", "image/png", nil, 405, "method-not-allowed"),
        ] as [(String, String, String?, Int, String)])
    func problems(_ path: String, _ type: String, _ body: String?, _ status: Int, _ code: String) async throws {
        try await serving { client in
            let answer = try await client.post(path, body.map { Array($0.utf8) } ?? picture(), type: type)
            #expect(answer.status == status && answer["content-type"] == "application/problem+json", "\(answer.text)")
            let problem = try answer.json
            #expect(problem["code"]?.string == code && problem["status"] == .integer(status) && problem["detail"] != nil)
            #expect(problem["request_id"]?.string == answer["x-request-id"] && answer["cache-control"] == "no-store")
        }
    }

    @Test("A file that is too large is refused by what its head declares, and by what comes")
    func limits() async throws {
        try await serving {
            $0.bodyLimit = 1000
        } _: { client in
            let declared = try await client.post("/v1/blobs", [UInt8](repeating: 1, count: 1001))
            #expect(try declared.status == 413 && declared.json["limit"] == 1000)
        }
        try await serving {
            $0.conversion.image.maxPixels = 100
        } _: { client in
            let answer = try await client.post("/v1/trace", picture())
            #expect(try answer.status == 413 && answer.json["code"]?.string == "over-limit")
        }
    }

    @Test("Blobs: kept under their digest, read in part, and not sent again to who has them")
    func blobs() async throws {
        try await serving { client in
            let bytes = picture(3), digest = Digest(hashing: Blob(bytes)), path = "/v1/blobs/\(digest)"
            #expect(try await client.get(path).status == 404)
            #expect(try await client.send("PUT", path, picture(4)).status == 422)
            let put = try await client.send("PUT", path, bytes)
            #expect(put.status == 201 && put["location"] == path)
            #expect(try await client.send("PUT", path, bytes).status == 200)
            let whole = try await client.get(path)
            #expect(whole.body == bytes && whole["cache-control"] == "public, max-age=31536000, immutable")
            let part = try await client.get(path, ["Range": "bytes=4-9"])
            #expect(part.status == 206 && part.body == Array(bytes[4...9]) && part["content-range"] == "bytes 4-9/\(bytes.count)")
            #expect(try await client.get(path, ["Range": "bytes=-3"]).body == Array(bytes.suffix(3)))
            #expect(try await client.get(path, ["Range": "bytes=99999-"]).status == 416)
            #expect(try await client.get(path, ["If-None-Match": "W/\"x\", \(whole["etag"]!)"]).status == 304)
            let head = try await client.send("HEAD", path)
            #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "\(bytes.count)" && head["etag"] == whole["etag"])
        }
    }

    @Test("A file comes in parts; what has come of a part that broke off counts, and the whole is held against its digest")
    func parts() async throws {
        try await serving {
            $0.bodyLimit = 10_000
        } _: { client in
            let bytes = picture(5), digest = Digest(hashing: Blob(bytes)), path = "/v1/blobs/\(digest)", total = bytes.count
            func put(_ range: Range<Int>, _ body: [UInt8]? = nil) async throws -> TestClient.Answer {
                let field = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)"
                return try await client.send("PUT", path, body ?? Array(bytes[range]), ["Content-Range": field])
            }
            func asked() async throws -> TestClient.Answer {
                try await client.send("PUT", path, [], ["Content-Range": "bytes */\(total)"])
            }
            #expect(try await asked().json["received"] == 0)
            #expect(try await put(10..<20).json["code"]?.string == "other-part")
            #expect(try await put(0..<10).json["received"] == 10)
            let wrong = try await put(20..<30)
            #expect(try wrong.status == 409 && wrong.json["limit"] == 10)
            // A longer body than it says.
            #expect(try await put(10..<12, Array(bytes[10..<20])).status == 400)
            #expect(try await asked().json["received"] == 10)
            // A connection that breaks in the middle of a part.
            try client.breakOff(
                "PUT \(path)",
                Array("Content-Range: bytes 10-\(total - 1)/\(total)\r\nContent-Length: \(total - 10)\r\n\r\n".utf8) + bytes[10..<20])
            var here = JSON.null
            for _ in 0..<200 where here != 20 {
                here = try await asked().json["received"] ?? .null
                if here != 20 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(here == 20)
            let last = try await put(20..<total)
            #expect(last.status == 201 && last["location"] == path)
            #expect(try await client.get(path).body == bytes)
            #expect(try await asked().json["digest"]?.string == digest.description)
            // Another file under this digest is refused, and nothing of it stays.
            let other = "/v1/blobs/\(Digest(hashing: Blob("other")))"
            #expect(try await client.send("PUT", other, [1, 2], ["Content-Range": "bytes 0-1/2"]).status == 422)
            #expect(try await client.send("PUT", other, [], ["Content-Range": "bytes */2"]).json["received"] == 0)
            for field in ["bytes 0-9", "bytes 5-2/9", "bytes 0-9/9", "items 0-1/2", "bytes */0"] {
                #expect(try await client.send("PUT", other, [1, 2], ["Content-Range": field]).json["code"]?.string == "bad-range")
            }
            #expect(try await client.send("PUT", other, [1, 2], ["Content-Range": "bytes 0-1/20000"]).status == 413)
        }
    }

    @Test("A part that could not be written takes its file with it")
    func unwrittenPart() async throws {
        try await serving {
            $0.storeLimit = 50
        } _: { client in
            let path = "/v1/blobs/\(Digest(hashing: Blob("anything")))", bytes = [UInt8](repeating: 7, count: 40)
            let first = try await client.send("PUT", path, bytes, ["Content-Range": "bytes 0-39/100"])
            #expect(try first.json["received"] == 40)
            #expect(try await client.send("PUT", path, bytes, ["Content-Range": "bytes 40-79/100"]).status == 507)
            #expect(try await client.send("PUT", path, [], ["Content-Range": "bytes */100"]).json["received"] == 0)
            #expect(try await client.send("PUT", path, bytes, ["Content-Range": "bytes 0-39/100"]).json["received"] == 40)
        }
    }

    @Test("A body is held against the digest that came with it")
    func contentDigest() async throws {
        try await serving { client in
            // The example of RFC 9530, appendix A, and another one.
            let body = Array("{\"hello\": \"world\"}\n".utf8)
            let right = "sha-512=:AA==:, sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
            #expect(try await client.post("/v1/blobs", body, ["Content-Digest": right]).status == 201)
            let wrong = try await client.post("/v1/blobs", body, ["Content-Digest": "sha-256=:AAAA:"])
            #expect(try wrong.status == 400 && wrong.json["code"]?.string == "digest-mismatch")
        }
    }

    @Test("A collection comes from an archive of layers; a plan tells how rare everything is, and shows items")
    func collection() async throws {
        try await serving { client in
            let inputs = try await (0..<4).asyncMap { number in
                let digest = try await client.post("/v1/blobs", picture(number)).json["digest"]!
                let names = ["1 Back/Blue#3.png", "1 Back/Red.png", "2 Front/Box.png", "2 Front/Bar.png"]
                return JSON.object(["digest": digest, "name": .string(names[number])])
            }
            let wish = JSON.object(["inputs": .array(inputs), "settings": .object(["count": 3, "seed": 7])])
            let plan = try await client.post("/v1/compose/plan", json: wish).json
            #expect(plan["count"] == 3 && plan["possible"]?.string == "4")
            let item = try await client.get("/v1/compose/\(plan["plan"]!.string!)/items/2.png?size=12")
            #expect(item.status == 200 && item["content-type"] == "image/png")
            #expect(try await client.get("/v1/compose/\(plan["plan"]!.string!)/items/9.png").status == 404)
            let archive = try await client.post("/v1/compose", json: wish)
            #expect(archive["content-type"] == "application/zip" && archive.body.starts(with: Array("PK".utf8)))
        }
    }

    @Test("A collection from an archive is noted by its pictures, and another process can warm up to it")
    func warmCollection() async throws {
        let folder = scratchFolder(), store = try CacheDirectory(opening: folder + "/store")
        func engine() -> Engine { Engine(levels: [MemoryStore(admitting: .everything), DiskStore(in: store, limit: 64 << 20)]) }
        var zip = ZIPWriter()
        for (number, name) in ["Back/Blue", "Back/Red", "Front/Box", "Front/Bar"].enumerated() {
            try zip.add("set/\(name).png", PackedBytes(storing: picture(number)))
        }
        let archive = zip.finish()
        let path = "/v1/compose?count=4&seed=7"
        var made: [UInt8] = []
        try await serving(in: folder, engine: engine()) { client in
            let answer = try await client.post(path, archive, type: "application/zip")
            #expect(answer.status == 200)
            made = answer.body
        }
        try await serving(in: folder, engine: engine()) { client in
            let warmed = try await client.post("/v1/cache/warm", json: .object([])).json
            #expect(warmed["entries"] == 1 && warmed["made"] == 1 && warmed["left"] == 0)
            let answer = try await client.post(path, archive, type: "application/zip")
            #expect(answer.status == 200 && answer.body == made)
        }
    }

    @Test("What there is: presets, schemas, capabilities, health, the table as OpenAPI, the studio")
    func describing() async throws {
        try await serving { client in
            #expect(try await client.get("/healthz").text == "ok\n")
            #expect(try await client.get("/readyz").status == 200)
            #expect(try await client.get("/version").json["version"]?.string == "1.2.3")
            guard case .array(let presets) = try await client.get("/v1/presets").json else { throw NoList() }
            #expect(presets.contains { $0["name"]?.string == "logo" && $0["settings"]?["speckle"] == 6 })
            let colors = try await client.get("/v1/schema/trace").json["properties"]?["colors"]
            #expect(colors?["x-atelier"]?["flag"]?.string == "--colors" && colors?["maximum"] == 250)
            let packed = try await client.get("/v1/schema/trace", ["Accept-Encoding": "br, gzip;q=0.5"])
            #expect(packed["content-encoding"] == "gzip" && packed["vary"] == "Accept-Encoding" && packed.body.starts(with: [0x1F, 0x8B]))
            #expect(try await client.get("/v1/schema/trace", ["Accept-Encoding": "gzip;q=0"])["content-encoding"] == nil)
            #expect(try await client.get("/v1/schema/none").status == 404)
            #expect(try await client.get("/v1/capabilities").json["limits"]?["inputs"] == 1000)
            #expect(try await client.get("/openapi.json").json["paths"]?["/v1/jobs/{id}"]?["delete"] != nil)
            let page = try await client.get("/")
            #expect(page["content-type"] == "text/html; charset=utf-8" && page["cross-origin-opener-policy"] == "same-origin")
            #expect(
                page["cross-origin-embedder-policy"] == "require-corp" && page["content-security-policy"]?.contains("script-src") == true)
            let asset = try #require(page.text.firstRange(of: "/assets/").map { page.text[$0.lowerBound...].prefix { $0 != "\"" } })
            #expect(try await client.get(String(asset))["cache-control"]?.hasSuffix("immutable") == true)
        }
    }
}

extension Swift.Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
