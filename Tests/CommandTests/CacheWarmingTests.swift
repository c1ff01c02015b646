import AtelierJSON
import AtelierMemo
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

private func drawing(_ width: Int) -> String {
    #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="9"><path d="M0 0h\#(width)v9z"/></svg>"#
}

extension Scratch {
    /// The disk level of the test's cache.
    fileprivate func store() throws -> DiskStore { DiskStore(in: try CacheDirectory(opening: self["cache"]), limit: 1 << 30) }

    /// Where the request of the only line of the log ends in the disk level.
    fileprivate func output() throws -> Digest {
        let store = try store(), logged = try #require(RequestLog(in: self["cache"]).requests().last)
        guard case .alias(let target)? = store.get(logged.use.output).entry?.payload else { return logged.use.output }
        return target
    }
}

@Suite("Cache: log, warming and verifying by sample")
struct CacheWarmingTests {
    let scratch = Scratch()

    @Test("A run notes what it was asked for, with absolute paths; one that may not write or keeps no log does not")
    func noted() async throws {
        scratch.write(drawing(3), to: "a.svg")
        _ = await runCommand(scratch, "convert @a.svg -o @a.pptx --title T -q")
        _ = await runCommand(scratch, "convert - -o @b.pptx -q", input: drawing(4))
        _ = await runCommand(scratch, "convert @a.svg -o @c.pptx --cache read -q")
        _ = await runCommand(scratch, "convert @a.svg -o @d.pptx --cache off -q")
        let console = scratch.console()
        let quiet = try #require(try Invocation(parsing: ["convert", scratch["a.svg"], "-o", scratch["e.svg"], "-q"]).conversion)
        var configuration = Configuration()
        configuration.cacheDirectory = scratch["cache"]
        #expect(try await quiet.run(configuration, environment: [:], console: console, keepsLog: false) == .done)

        let requests = RequestLog(in: scratch["cache"]).requests()
        #expect(requests.map(\.paths) == [[scratch["a.svg"]], [nil]])
        #expect(requests[0].request.converted?.title == "T" && requests[0].use.cost > 0)
    }

    @Test("warm makes what was asked for and has gone, so that the next run finds it; clear removes the log")
    func warm() async throws {
        scratch.write(drawing(5), to: "a.svg")
        scratch.write(drawing(6), to: "b.svg")
        #expect(await runCommand(scratch, "cache warm").out == "\(scratch["cache"]): nothing to warm\n")
        _ = await runCommand(scratch, "convert @a.svg -o @a.pptx -q")
        _ = await runCommand(scratch, "convert @b.svg -o @b.pptx -q")
        #expect(await runCommand(scratch, "cache warm").out.contains("0 made, 0 loaded, 2 there already;"))
        try scratch.store().clear()
        scratch.write(drawing(7), to: "b.svg")

        let dry = await runCommand(scratch, "cache warm --dry-run")
        #expect(dry.out.contains("make, ") && dry.out.contains("\(scratch["a.svg"]) to pptx\n"))
        #expect(try JSON(parsing: Array(await runCommand(scratch, "cache warm --dry-run --json").out.utf8)) != .null)
        #expect(try scratch.store().contents.entries == 0)

        let warm = await runCommand(scratch, "cache warm --budget 1m")
        #expect(warm.code == .done && warm.out.contains("1 made, 0 loaded, 0 there already, 1 skipped;"))
        #expect(warm.err == "atelier: \(scratch["b.svg"]) to pptx: has changed since; skipped\n")
        #expect(await runCommand(scratch, "convert @a.svg -o @c.pptx --json -q").out.contains(#""stagesRun":0,"#))
        #expect(await runCommand(scratch, "cache warm --json").out.contains(#""alreadyThere":1,"sourceChanged":1,"#))

        _ = await runCommand(scratch, "cache clear")
        #expect(kind(of: scratch["cache/requests-1"]) == nil)
    }

    @Test("Without time or number nothing is made, and that is said")
    func budget() async throws {
        scratch.write(drawing(8), to: "a.svg")
        _ = await runCommand(scratch, "convert @a.svg -o @a.pptx -q")
        try scratch.store().clear()
        #expect(await runCommand(scratch, "cache warm --budget 0s").out.contains("0 made, 0 loaded, 0 there already, 1 left (budget);"))
        #expect(await runCommand(scratch, "cache warm --budget 2x").code == .usage)
        #expect(await runCommand(scratch, "cache warm --limit 1 --budget none").out.contains("1 made"))
    }

    @Test("A wrong entry with a right checksum is found by a sample and by nothing else, and repaired on request")
    func wrong() async throws {
        scratch.write(drawing(9), to: "a.svg")
        _ = await runCommand(scratch, "convert @a.svg -o @a.svg.pptx -q")
        let digest = try scratch.output()
        var entry = try #require(try scratch.store().get(digest).entry)
        guard case .bytes(let right) = entry.payload else { throw SystemError("no bytes") }
        entry.payload = .bytes(Blob("wrong"))
        try scratch.store().put(entry)

        #expect(await runCommand(scratch, "cache verify").code == .done)
        let found = await runCommand(scratch, "cache verify --sample 100% --seed 7")
        #expect(
            found.code == .checkFailed && found.out.contains("1 requests remade: 1 values equal, 1 wrong") && found.out.contains("seed 7"))
        #expect(
            found.err.hasPrefix("atelier: \(digest): wrong result under a right key: ")
                && found.err.contains("has 5 bytes, remade has \(right.count), first difference at byte 0\n"))
        let json = await runCommand(scratch, "cache verify --sample 1 --json --threads 2")
        #expect(json.out.contains(#""bytes":5,"remadeBytes":\#(right.count),"firstDifference":0,"replaced":false"#))
        #expect(await runCommand(scratch, "cache verify --sample 1 --repair").err.hasSuffix("; replaced\n"))
        #expect(await runCommand(scratch, "cache verify --sample 1").code == .done)
        let after = try #require(try scratch.store().get(digest).entry)
        guard case .bytes(let bytes) = after.payload else { throw SystemError("no bytes") }
        #expect(bytes == right)
    }

    @Test("Repairing makes a damaged entry anew")
    func damaged() async throws {
        scratch.write(drawing(10), to: "a.svg")
        _ = await runCommand(scratch, "convert @a.svg -o @a.svg.pptx -q")
        let digest = try scratch.output()
        let file = try #require(scratch.names.first { $0.hasSuffix(".seg") })
        // The entry begins 40 bytes before its digest; what comes some way behind is its payload.
        let bytes = try Blob.reading(path: scratch[file], limit: 1 << 26).withUnsafeBytes(Array.init)
        let own = stride(from: 0, to: 64, by: 2).map { UInt8("\(digest)".dropFirst($0).prefix(2), radix: 16)! }
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: own) })
        let descriptor = open(scratch[file], O_WRONLY)
        withUnsafeBytes(of: ~bytes[place + 400]) { _ = pwrite(descriptor, $0.baseAddress, 1, place + 400) }
        close(descriptor)
        let repaired = await runCommand(scratch, "cache verify --repair")
        #expect(repaired.code == .checkFailed && repaired.err.hasSuffix("; replaced\n"))
        #expect(await runCommand(scratch, "cache verify").code == .done)
        #expect(try scratch.store().peek(digest) != nil)
    }
}
