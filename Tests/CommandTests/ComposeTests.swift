import AtelierArchives
import AtelierImageCodecs
import AtelierMemo
import AtelierPixels
import Glibc
import Testing

@testable import AtelierCommand

extension Scratch {
    /// Writes bytes to a file, and makes the folders on its way.
    func write(_ bytes: [UInt8], to name: String) {
        for (index, letter) in name.enumerated() where letter == "/" { mkdir(self[String(name.prefix(index))], 0o777) }
        let descriptor = open(self[name], O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        precondition(descriptor >= 0)
        try! writeAll(bytes, to: descriptor, called: name)
        close(descriptor)
    }

    func bytes(_ name: String) -> [UInt8] {
        // A file that is not there has no bytes.
        (try? Blob.reading(path: self[name], limit: 1 << 30)).map { $0.withUnsafeBytes(Array.init) } ?? []
    }

    /// Every file below a folder with its bytes.
    func files(below folder: String) -> [String: [UInt8]] {
        let names = names.filter { $0.hasPrefix(folder + "/") && kind(of: self[$0]) == .file }
        return Dictionary(uniqueKeysWithValues: names.map { (String($0.dropFirst(folder.count + 1)), bytes($0)) })
    }

    /// A folder of layers: backgrounds, and shapes on them. Colors tell traits apart.
    func writeArt(_ folder: String = "art", side: Int = 24) {
        for (index, name) in ["Red#3", "Green#1", "Blue"].enumerated() {
            let color = RGBA8(index == 0 ? 200 : 9, index == 1 ? 200 : 9, index == 2 ? 200 : 9)
            write(encodePNG(Raster(width: side, height: side, filledWith: color)), to: "\(folder)/01 Ground/\(name).png")
        }
        for (index, name) in ["Dot", "Ring#2.5", "None"].enumerated() {
            var shape = Raster(width: side, height: side, filledWith: RGBA8(0, 0, 0, 0))
            for y in 4..<12 { for x in 5..<14 where index < 2 { shape[x, y] = RGBA8(UInt8(index * 90), 50, 60, index == 0 ? 255 : 128) } }
            write(encodePNG(shape), to: "\(folder)/02 Shape/\(name).png")
        }
        for name in ["Hat", "Cap"] {
            var shape = Raster(width: 8, height: 8, filledWith: RGBA8(250, 250, name == "Hat" ? 0 : 99))
            shape[0, 0] = RGBA8(0, 0, 0, 0)
            write(encodePNG(shape), to: "\(folder)/03 Top/\(name).png")
        }
    }
}

@Suite("Collections from the command line")
struct ComposeTests {
    @Test("A folder of layers becomes pictures, metadata, tables and a contact sheet")
    func whole() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        let run = await runCommand(scratch, "compose @art -o @out --count 9 --seed 4 --cache off")
        #expect(run.code == .done, "\(run.err)")
        #expect(run.err.hasPrefix("9 items, 9 drawn in "))
        for number in 1...9 {
            let picture = try decodeImage(scratch.bytes("out/images/\(number).png").span)
            #expect((picture.width, picture.height) == (24, 24))
            let metadata = scratch.read("out/metadata/\(number).json") ?? ""
            // The ground shows in the lower corner.
            let color = picture[23, 23]
            let name = color.r == 200 ? "Red" : color.g == 200 ? "Green" : "Blue"
            #expect(metadata.contains("\"\(name)\""), "\(metadata)")
        }
        for name in ["sheet.png", "collection.json", "collection.csv", "rarity.json", "rarity.csv"] {
            #expect(!scratch.bytes("out/" + name).isEmpty)
        }
    }

    @Test("Thread counts and a second run change no byte, and nothing is drawn twice")
    func again() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        var made: [[String: [UInt8]]] = []
        for threads in [1, 2, 4] {
            #expect(await runCommand(scratch, "compose @art -o @out\(threads) --count 12 --threads \(threads) --cache off").code == .done)
            made.append(scratch.files(below: "out\(threads)"))
        }
        #expect(made[0] == made[1] && made[0] == made[2])
        let again = await runCommand(scratch, "compose @art -o @out1 --count 12 --cache off --resume --json")
        #expect(again.code == .done && again.out.contains(#""kept":12,"drawn":0"#), "\(again.out)")
        #expect(scratch.files(below: "out1") == made[0])
    }

    @Test("A run that was stopped goes on, and a larger count adds items to those there are")
    func resuming() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @whole --count 14 --cache off").code == .done)
        #expect(await runCommand(scratch, "compose @art -o @part --count 8 --cache off").code == .done)
        // As a killed run may leave it: a picture without its line in the journal, one half-written, one missing.
        let journal = scratch.read("part/.atelier/journal") ?? ""
        scratch.write(journal.split(separator: "\n").dropLast(2).joined(separator: "\n") + "\n", to: "part/.atelier/journal")
        scratch.write("half", to: "part/images/.3.part")
        unlink(scratch["part/images/5.png"])
        let run = await runCommand(scratch, "compose @art -o @part --count 14 --cache off --json")
        #expect(run.code == .done && run.out.contains(#""kept":7,"drawn":7"#), "\(run.out) \(run.err)")
        #expect(scratch.files(below: "part") == scratch.files(below: "whole"))
    }

    @Test("An archive has the same pictures, is the same with any threads, and goes on from where it was cut")
    func packing() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @plain --count 12 --cache off").code == .done)
        #expect(await runCommand(scratch, "compose @art -o @one --count 12 --pack --threads 1 --cache off").code == .done)
        #expect(await runCommand(scratch, "compose @art -o @four --count 12 --pack --threads 4 --cache off").code == .done)
        let file = scratch.bytes("one/collection.zip")
        #expect(file == scratch.bytes("four/collection.zip"))
        let zip = try ZIPReader(file)
        for number in 1...12 {
            let member = try #require(zip.members.first { $0.name == "images/\(number).png" })
            #expect(try zip.unpacked(member) == scratch.bytes("plain/images/\(number).png"))
        }
        #expect(zip.members.contains { $0.name == "metadata/12.json" })

        // As a killed run leaves it: the part of the archive under another name, the journal in the order of writing.
        let lines = (scratch.read("one/.atelier/journal") ?? "").split(separator: "\n").sorted {
            Int($0.split(separator: " ")[3])! < Int($1.split(separator: " ")[3])!
        }
        scratch.write(lines.prefix(5).joined(separator: "\n") + "\n", to: "one/.atelier/journal")
        scratch.write(Array(file.prefix(file.count / 2)), to: "one/.atelier/collection.zip.part")
        unlink(scratch["one/collection.zip"])
        let run = await runCommand(scratch, "compose @art -o @one --count 12 --pack --cache off --json")
        #expect(run.code == .done && !run.out.contains(#""drawn":12"#), "\(run.out) \(run.err)")
        #expect(scratch.bytes("one/collection.zip") == file)
    }

    @Test("A folder of something else is never touched, not even with --force")
    func foreignFolders() async {
        let scratch = Scratch()
        scratch.writeArt()
        scratch.write("mine", to: "full/images/1.png")
        let full = await runCommand(scratch, "compose @art -o @full --count 3 --cache off --force")
        #expect(full.code == .someFailed && full.err.contains("no collection of this program wrote"))
        #expect(scratch.files(below: "full") == ["images/1.png": Array("mine".utf8)])

        #expect(await runCommand(scratch, "compose @art -o @out --count 3 --seed 1 --cache off").code == .done)
        let before = scratch.files(below: "out")
        for line in [
            "--count 3 --seed 2", "--count 3 --seed 1 --size 12", "--count 3 --seed 1 --level small --force", "--count 2 --seed 1",
        ] {
            let run = await runCommand(scratch, "compose @art -o @out \(line) --cache off")
            #expect(run.code == .someFailed && run.err.contains("choose another folder"), "\(line): \(run.err)")
        }
        #expect(scratch.files(below: "out") == before)
        let absent = await runCommand(scratch, "compose @art -o @new --count 3 --resume --cache off")
        #expect(absent.code == .someFailed && absent.err.contains("no collection to go on with"))
    }

    @Test("A trait that cannot be read stops the run before anything is drawn, with its name")
    func brokenTraits() async {
        let scratch = Scratch()
        scratch.writeArt()
        let good = scratch.bytes("art/02 Shape/Dot.png")
        let cases: [(bytes: [UInt8], says: String)] = [
            (Array(good.prefix(60)), "ends at byte"), (Array("hello".utf8), "not a picture"),
            (encodePNG(Raster(width: 25, height: 24, filledWith: RGBA8(1, 1, 1, 9))), "does not lie on the canvas"),
        ]
        for (bytes, says) in cases {
            scratch.write(bytes, to: "art/02 Shape/Dot.png")
            let run = await runCommand(scratch, "compose @art -o @out --count 6 --cache off")
            #expect(run.code == .someFailed && run.err.contains("02 Shape/Dot.png") && run.err.contains(says), "\(run.err)")
            #expect(run.err.split(separator: "\n").count == 1)
            #expect(scratch.files(below: "out").isEmpty)
        }
        // One that no item of so short a plan need show, and one of a kind that is not read.
        for (name, bytes, says) in [
            ("Wide#0.001.png", cases[2].bytes, "does not lie on the canvas"), ("Wave.gif", good, "not a picture (png"),
        ] {
            scratch.write(good, to: "art/02 Shape/Dot.png")
            scratch.write(bytes, to: "art/02 Shape/\(name)")
            let run = await runCommand(scratch, "compose @art -o @out --count 2 --cache off")
            #expect(run.code == .someFailed && run.err.contains(name) && run.err.contains(says), "\(run.err)")
            #expect(scratch.files(below: "out").isEmpty)
            unlink(scratch["art/02 Shape/\(name)"])
        }
        scratch.write(good, to: "art/02 Shape/Dot.png")
        let many = await runCommand(scratch, "compose @art -o @out --count 19 --cache off")
        #expect(many.code == .someFailed && many.err.contains("18 combinations"), "\(many.err)")
    }

    @Test("Planning alone writes metadata and a contact sheet; texts may change later, pictures stay")
    func planning() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @out --count 5 --plan-only --cache off").code == .done)
        #expect(scratch.files(below: "out").keys.filter { $0.hasPrefix("images") }.isEmpty)
        let sheet = scratch.bytes("out/sheet.png")
        #expect(!scratch.bytes("out/metadata/5.json").isEmpty && !sheet.isEmpty)
        #expect(await runCommand(scratch, "compose @art -o @out --count 5 --cache off").code == .done)
        #expect(scratch.bytes("out/sheet.png") == sheet)
        let pictures = scratch.files(below: "out").filter { $0.key.hasSuffix(".png") }
        let rewritten = await runCommand(scratch, "compose @art -o @out --count 5 --plan-only --standard metaplex --cache off")
        #expect(rewritten.code == .done, "\(rewritten.err)")
        #expect(scratch.read("out/metadata/1.json")?.contains("seller_fee_basis_points") == true)
        #expect(scratch.files(below: "out").filter { $0.key.hasSuffix(".png") } == pictures)
    }

    @Test("Size, level, provenance and WebP are as asked for")
    func options() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @out --count 4 --size 12 --level small --provenance --cache off").code == .done)
        let small = try decodeImage(scratch.bytes("out/images/1.png").span)
        #expect((small.width, small.height) == (12, 12))
        #expect(scratch.read("out/provenance.json")?.contains("\"hash\"") == true)
        guard WebP.isAvailable else { return print("skipped: libwebp is not installed") }
        #expect(await runCommand(scratch, "compose @art -o @web --count 4 --format webp --cache off").code == .done)
        #expect(await runCommand(scratch, "compose @art -o @png --count 4 --cache off").code == .done)
        let web = scratch.bytes("web/images/2.webp"), png = scratch.bytes("png/images/2.png")
        #expect(try WebP.decode(web.span) == decodeImage(png.span))
    }

    @Test("Command lines that contradict themselves are refused")
    func usage() async {
        let scratch = Scratch()
        for (line, says) in [
            ("compose", "one project"), ("compose @art", "-o DIR"), ("compose @art @b -o @out", "one project"),
            ("compose @art -o @out --resume --force", "--resume"), ("compose @art -o @out --plan-only --pack", "--plan-only"),
            ("compose @art -o @out --provenance --pack", "--provenance"), ("compose @art -o @out --level hard", "level"),
        ] {
            let run = await runCommand(scratch, line)
            #expect(run.code == .usage && run.err.contains(says), "\(line): \(run.err)")
        }
        let none = await runCommand(scratch, "compose @nothing -o @out --cache off")
        #expect(none.code == .someFailed && none.err.contains("no such file or folder"))
    }
}

@Suite("Plans and metadata from the command line")
struct ComposePapersTests {
    @Test("--plan draws what a file says, JSON or a table, and refuses what the project does not have")
    func givenPlans() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @out --count 8 --cache off").code == .done)
        let rows = (scratch.read("out/collection.csv") ?? "").split(separator: "\r\n")
        scratch.write(rows.prefix(4).joined(separator: "\r\n"), to: "some.csv")
        for (file, count) in [("out/.atelier/plan.json", 8), ("some.csv", 3)] {
            let run = await runCommand(scratch, "compose @art -o @given\(count) --plan @\(file) --cache off")
            #expect(run.code == .done, "\(run.err)")
            for number in 1...count {
                #expect(scratch.bytes("given\(count)/images/\(number).png") == scratch.bytes("out/images/\(number).png"))
            }
            #expect(scratch.bytes("given\(count)/images/\(count + 1).png").isEmpty)
        }
        scratch.write(
            rows.prefix(4).joined(separator: "\r\n").replacing("Red", with: "Rad").replacing("Green", with: "Rad"), to: "wrong.csv")
        let wrong = await runCommand(scratch, "compose @art -o @wrong --plan @wrong.csv --cache off")
        #expect(wrong.code == .someFailed && wrong.err.contains("has no trait 'Rad'; did you mean 'Red'?"), "\(wrong.err)")
        #expect(await runCommand(scratch, "compose @art -o @x --plan @some.csv --seed 4").code == .usage)
    }

    @Test("A folder made for HashLips is drawn in the order and with the options of its script, whatever lies beside it")
    func scripts() async throws {
        let scratch = Scratch()
        for (layer, traits) in [("Top", ["Ünten#3", "None#1"]), ("Ground", ["Rot 1#10.5", "Grau"])] {
            for (index, trait) in traits.enumerated() {
                let color = RGBA8(UInt8(60 + 90 * index), layer == "Top" ? 200 : 10, 30, trait.hasPrefix("None") ? 0 : 255)
                scratch.write(
                    encodePNG(Raster(width: layer == "Top" ? 4 : 8, height: 8, filledWith: color)), to: "hl/layers/\(layer)/\(trait).png")
            }
        }
        for litter in ["layers/.DS_Store", "layers/Top/Thumbs.db", "layers/Top/desktop.ini", "package.json", "__MACOSX/layers/._Top"] {
            scratch.write("x", to: "hl/" + litter)
        }
        scratch.write(
            """
            const namePrefix = "Klötze";
            const layerConfigurations = [{ growEditionSizeTo: 4, layersOrder: [
              { name: "Ground" }, { name: "Top", options: { displayName: "Oben", opacity: 0.5 } }] }];
            const background = { generate: false };
            """, to: "hl/src/config.js")
        let run = await runCommand(scratch, "compose @hl -o @out --cache off")
        #expect(run.code == .done, "\(run.err)")
        for number in 1...4 {
            let metadata = scratch.read("out/metadata/\(number).json") ?? "",
                picture = try decodeImage(scratch.bytes("out/images/\(number).png").span)
            #expect(metadata.contains("Klötze #\(number)") && metadata.contains("\"Oben\""))
            let ground = metadata.contains("Rot 1") ? 60 : 150
            #expect(picture[6, 4] == RGBA8(UInt8(ground), 10, 30))
            #expect(picture[1, 4] == (metadata.contains("None") ? picture[6, 4] : RGBA8(UInt8((ground + 60) / 2), 105, 30)))
        }
        scratch.write("const layerConfigurations = read();", to: "hl/src/config.js")
        let computed = await runCommand(scratch, "compose @hl -o @other --cache off")
        #expect(computed.code == .someFailed && computed.err.contains("line 1: only values that are written out"), "\(computed.err)")
    }

    @Test("--metadata-only writes texts and addresses anew and touches nothing else")
    func metadataOnly() async throws {
        let scratch = Scratch()
        scratch.writeArt()
        #expect(await runCommand(scratch, "compose @art -o @out --count 5 --cache off").code == .done)
        let before = scratch.files(below: "out")
        let run = await runCommand(scratch, "compose @art -o @out --metadata-only --base-uri ipfs://abc --standard metaplex --cache off")
        #expect(run.code == .done, "\(run.err)")
        let after = scratch.files(below: "out")
        #expect(before.keys.sorted() == after.keys.sorted())
        let changed = before.keys.filter { before[$0] != after[$0] }.sorted()
        #expect(changed == ["collection.json"] + (1...5).map { "metadata/\($0).json" })
        let metadata = scratch.read("out/metadata/2.json") ?? ""
        #expect(metadata.contains("\"ipfs://abc/2.png\"") && metadata.contains("seller_fee_basis_points"))

        #expect(await runCommand(scratch, "compose @art -o @none --metadata-only").code == .someFailed)
        #expect(await runCommand(scratch, "compose @art -o @out --metadata-only --count 3").code == .usage)
    }
}
