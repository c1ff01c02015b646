import AtelierArchives
import AtelierImageCodecs
import AtelierPixels
import Glibc
import Testing

@testable import AtelierCommand

@Suite("One archive of a collection")
struct ComposeArchiveTests {
    private func members(_ file: [UInt8]) throws -> [String: [UInt8]] {
        let zip = try ZIPReader(file)
        return Dictionary(uniqueKeysWithValues: try zip.members.map { ($0.name, try zip.unpacked($0)) })
    }

    @Test("An archive has the files of the folder; a part of it has the pictures and metadata of these numbers")
    func contents() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @out --count 9 --seed 4 --start 5 --cache off").code == .done)
        let folder = scratch.files(below: "out").filter { !$0.key.hasPrefix(".atelier") && $0.key != "sheet.png" }
        let run = await runCommand(scratch, "compose @art -o @all.zip --count 9 --seed 4 --start 5")
        #expect(run.code == .done && run.err.contains("1 ranges of items drawn"), "\(run.err)")
        #expect(try members(scratch.bytes("all.zip")) == folder)
        let part = await runCommand(scratch, "compose @art -o @part.zip --count 9 --seed 4 --start 5 --items 6-7 --json")
        #expect(part.code == .done && part.out.contains(#""rangesDrawn":1"#), "\(part.out) \(part.err)")
        let names = ["images/6.png", "images/7.png", "metadata/6.json", "metadata/7.json"]
        #expect(try members(scratch.bytes("part.zip")) == folder.filter { names.contains($0.key) })
    }

    @Test("A second run finds the archive, one with other texts the pictures; the cache can be explained, verified and warmed by it")
    func cached() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        func run(_ line: String) async -> (code: ExitCode, out: String, err: String) {
            let run = await runCommand(scratch, line)
            return (run.code, run.out, run.err)
        }
        let cold = await run("compose @art -o @1.zip --count 7 --explain")
        #expect(
            cold.code == .done && cold.out.contains("layers.archive@1") && cold.out.contains("layers.items@1"), "\(cold.out) \(cold.err)")
        #expect(scratch.bytes("1.zip").isEmpty)
        #expect(await run("compose @art -o @1.zip --count 7").err.contains(" 1 ranges of items drawn"))
        #expect(await run("compose @art -o @2.zip --count 7").err.contains(" 0 ranges of items drawn"))
        #expect(await run("compose @art -o @3.zip --count 7 --base-uri ipfs://a").err.contains(" 0 ranges of items drawn"))
        #expect(scratch.bytes("1.zip") == scratch.bytes("2.zip") && scratch.bytes("1.zip") != scratch.bytes("3.zip"))
        let warm = await run("compose @art -o @1.zip --count 7 --explain")
        #expect(warm.out.contains("disk") && !warm.out.contains("to be made"), "\(warm.out)")

        let verified = await run("cache verify --sample 100%")
        #expect(
            verified.code == .done && verified.out.contains("2 requests remade: 4 values equal, 0 wrong"), "\(verified.out) \(verified.err)"
        )
        let there = await run("cache warm --dry-run")
        #expect(there.out.contains("0 to make or load, 2 there already"), "\(there.out)")
        scratch.write(scratch.bytes("art/01 Ground/Red#3.png") + [0], to: "art/01 Ground/Red#3.png")
        #expect(await run("cache verify --sample 100%").out.contains("0 requests remade: 0 values equal, 0 wrong, 0 damaged, 2 cannot"))
    }

    @Test("What is broken is named; what is about folders or archives alone is refused")
    func refused() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        for (line, says) in [
            ("-o @x.zip --pack", "--pack is about a folder"), ("-o @x.zip --resume", "--resume"), ("-o @out --items 1-2", "-o NAME.zip"),
            ("-o @out --explain", "--explain"), ("-o @x.zip --items 2-1", "--items"),
        ] {
            let run = await runCommand(scratch, "compose @art \(line) --count 3 --cache off")
            #expect(run.code == .usage && run.err.contains(says), "\(line): \(run.err)")
        }
        let many = await runCommand(scratch, "compose @art -o @x.zip --count 3 --items 3-4 --cache off")
        #expect(many.code == .someFailed && many.err.contains("no items 3-4; its numbers are 1-3"), "\(many.err)")
        scratch.write(Array(scratch.bytes("art/02 Shape/Dot.png").prefix(60)), to: "art/02 Shape/Dot.png")
        let broken = await runCommand(scratch, "compose @art -o @x.zip --count 18 --cache off")
        #expect(
            broken.code == .someFailed && broken.err.contains("02 Shape/Dot.png") && broken.err.contains("ends at byte"), "\(broken.err)")
        #expect(scratch.bytes("x.zip").isEmpty)
    }
}
