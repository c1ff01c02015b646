import AtelierImageTracing
import AtelierJSON
import AtelierMemo
import AtelierOOXML
import AtelierSVG
import AtelierTesting
import Testing

@testable import AtelierStages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

private func digest(_ number: Int) -> Digest { Artifact.bytes([UInt8(number & 255), UInt8(number >> 8)]).digest }

private func logged(_ number: Int, path: String? = "/art/a.png", cost: UInt64 = 1_000_000, at time: Int64 = 1_700_000_000) -> LoggedRequest
{
    LoggedRequest(
        Request(target: .svg, sources: [digest(number)]), paths: [path], use: RequestUse(of: digest(number + 1000), cost: cost, at: time))
}

@Suite("Request log")
struct RequestLogTests {
    let folder = DrawingFolder()
    var log: RequestLog { RequestLog(in: folder.path) }

    @Test("A request comes back with its options, its title and the path beside each digest")
    func roundTrip() {
        var options = ConversionOptions()
        options.trace.fit.tolerance = 0.1
        options.trace.quantize.colors = 12
        options.trace.write.statesSize = false
        options.slide.size = SlideSize(width: EMU(rawValue: 12_192_000), height: EMU(rawValue: 6_858_000))
        options.svg.limits.depth = 7
        let request = Request(target: .pptx, sources: [digest(1), digest(2)], options: options, title: "Zwei \"Seiten\"\nund é")
        let one = LoggedRequest(
            request, paths: ["/a b\u{1B}.png", nil], use: RequestUse(of: digest(3), cost: 12_345, at: 1_700_000_000))
        log.note([one, logged(4)])
        log.note([])
        #expect(log.requests() == [one, logged(4)])
    }

    @Test("Every option that can be said is written and read back")
    func everyOption() throws {
        let all = ConversionOptions.tracing + ConversionOptions.slides + ConversionOptions.limits
        for option in all {
            let value: OptionValue =
                switch option.kind {
                case .flag: .flag(option.read(ConversionOptions()) != .flag(true))
                case .integer(let range): .integer(range.lowerBound)
                case .number(let range): .number((range.lowerBound + range.upperBound) / 3)
                case .choice(let words): .text(words[words.count - 1])
                case .text, .bytes: ["4:3", "3x2", "#123456"].compactMap { try? option.value(from: $0) }[0]
                }
            var options = ConversionOptions()
            option.write(&options, value)
            let request = Request(target: .svg, sources: [digest(1)], options: options)
            #expect(request != logged(1).request, "\(option.name)")
            let read = try #require(Request.reading(JSON(parsing: request.json(paths: ["/a"]).bytes)))
            #expect(read.request == request, "\(option.name)")
        }
    }

    @Test("Equal requests become one that was asked for as often as all of them, older times counting less")
    func merging() throws {
        let week: Int64 = 7 * 86_400
        log.note([logged(1, cost: 100, at: 0), logged(2)])
        log.note([logged(1, cost: 300, at: week)])
        let one = try #require(log.requests().first)
        #expect(one.use.count == 2 && one.use.last == week && one.use.weight == 1.5 && one.use.cost == 200)
        #expect(one.use.frequency(at: 2 * week) == 0.75)
        #expect(one.use.frequency(at: 0) == 1.5)
        #expect(log.requests().map(\.request) == [logged(1).request, logged(2).request])
    }

    @Test("The file is the user's alone, also when it was not, and a link in its place is not followed")
    func mode() throws {
        func mode() -> mode_t {
            var status = stat()
            stat(log.path, &status)
            return status.st_mode & 0o777
        }
        let old = umask(0)
        log.note([logged(1)])
        umask(old)
        #expect(mode() == 0o600)
        chmod(log.path, 0o644)
        log.note([logged(2)])
        #expect(mode() == 0o600)
        log.clear()
        #expect(log.requests() == [])
        folder.write([], to: "other")
        symlink(folder.path + "/other", log.path)
        log.note([logged(1)])
        #expect(try folder.read("other") == [])
    }

    @Test("A log that cannot be had is none, and nothing fails")
    func absent() {
        let log = RequestLog(in: folder.path + "/nowhere")
        log.note([logged(1)])
        #expect(log.requests() == [])
        mkdir(self.log.path, 0o700)
        self.log.note([logged(1)])
        #expect(self.log.requests() == [])
        rmdir(self.log.path)
    }

    @Test("Damage costs the line it hits; a line that was cut does not spoil the next; seeds 0 to 199")
    func damage() throws {
        let all = (0..<20).map { logged($0, path: "/art/\($0).png") }
        log.note(all)
        let whole = try folder.read("requests-1")
        for seed in 0..<200 {
            var random = SplitMix(seed: UInt64(seed)), bytes = whole
            let place = random.int(in: 0..<bytes.count)
            switch seed % 3 {
            case 0: bytes[place] ^= UInt8(1 << random.int(in: 0..<8))
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.int(in: 1..<40)))
            default: bytes.insert(contentsOf: random.bytes(30), at: place)
            }
            folder.write(bytes, to: "requests-1")
            let read = log.requests()
            #expect(read.allSatisfy(all.contains) && read.count >= 18, "seed \(seed)")
        }
        folder.write(Array(whole.dropLast(30)), to: "requests-1")
        log.note([logged(99)])
        #expect(log.requests() == all.dropLast() + [logged(99)])
    }

    @Test("Beyond its limit the log keeps what is worth most by frequency times cost, older times counting less")
    func compaction() throws {
        let log = RequestLog(in: folder.path, byteLimit: 20_000), now: Int64 = 1_700_000_000
        let dear = logged(500, cost: 1 << 40, at: now - 86_400)
        let often = [LoggedRequest](repeating: logged(501, cost: 1_000_000, at: now), count: 20)
        let faded = logged(502, cost: 1 << 22, at: now - 365 * 86_400)
        log.note([dear, faded] + often)
        for number in 0..<100 {
            log.note([logged(number, cost: 1_000_000 + UInt64(number), at: now)])
            var status = stat()
            stat(log.path, &status)
            #expect(status.st_size <= 20_000)
        }
        let kept = log.requests()
        #expect(kept.contains { $0.request == dear.request } && !kept.contains { $0.request == faded.request })
        #expect(kept.first { $0.request == often[0].request }?.use.count == 20)
        #expect(kept.last?.request == logged(99).request)
    }

    @Test("Many at once lose nothing")
    func concurrency() async {
        let log = log
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<50 { log.note([logged(writer * 50 + number, path: "/\(writer)")]) } }
            }
        }
        #expect(Set(log.requests().map(\.request)).count == 400)
    }

    @Test("A request of another version, or of too many sources, is passed over")
    func foreign() throws {
        let many = (0..<1000).map(digest)
        log.note([
            LoggedRequest(
                Request(target: .pptx, sources: many), paths: many.map { _ in "/a.png" }, use: RequestUse(of: many[0], cost: 1, at: 0))
        ])
        #expect(log.requests() == [])
        let json = logged(1).request.json(paths: ["/a"])
        for text in [
            "[]", "{}", json.text.replacing("svg", with: "webp"), json.text.replacing(#"{"target""#, with: #"{"colour":1,"target""#),
            #"{"target":"svg","sources":[{"digest":"xyz"}]}"#, #"{"target":"svg","sources":[{"path":"/a"}]}"#,
            json.text.replacing("}]}", with: #"}],"options":{"warp":9}}"#),
        ] {
            #expect(Request.reading(try JSON(parsing: Array(text.utf8))) == nil, "\(text)")
        }
    }
}
