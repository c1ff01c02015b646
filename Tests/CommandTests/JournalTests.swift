import AtelierMemo
import AtelierScheduling
import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

/// Makes of every input what stands in it, fails where that begins with `bad`, and counts what it made.
final class ContentMaker: Maker {
    private let made = Lock([String: Int]())
    /// Stands for everything else that decides.
    let options: String

    init(options: String = "") { self.options = options }

    /// How often each input was made, by its name.
    var calls: [String: Int] { made.withLock { $0 } }
    var totals: Totals { Totals() }

    func make(_ job: Job) async -> Attempt {
        made.withLock { made in for input in job.inputs { made[input.relative, default: 0] += 1 } }
        guard let derivation = derivation(of: job), !derivation.contains("bad") else {
            return Attempt(failures: [Failure(kind: .reading, input: job.inputs[0].path, message: "\(job.inputs[0].relative): is bad")])
        }
        return Attempt(product: Product(blob: Blob("made \(derivation)"), digest: derivation, isCached: false, remarks: []))
    }

    func derivation(of job: Job) -> String? {
        var text = options
        for input in job.inputs {
            guard let blob = try? Blob.reading(path: input.path, limit: 1 << 20) else { return nil }  // fails when it is made
            text += " " + String(decoding: blob.bytes, as: UTF8.self)
        }
        return text
    }

    func look(at job: Job, output: Blob?, wantsLikeness: Bool) async -> JobLook { JobLook() }
}

/// Runs a line of `convert`, `trace` or `pptx` with a maker; `@name` is a path in the scratch folder.
func convert(_ scratch: Scratch, _ line: String, with maker: some Maker, window: Int = 3) async -> (code: ExitCode, err: String) {
    let console = scratch.console()
    let arguments = line.split(separator: " ").map { $0.hasPrefix("@") ? scratch[String($0.dropFirst())] : String($0) }
    do {
        let command = try #require(try Invocation(parsing: arguments).conversion)
        return (try await command.run(maker, window: window, environment: [:], console: console), scratch.read(".err") ?? "")
    } catch { return (.usage, "\(error)") }
}

@Suite("Journal")
struct JournalTests {
    private func files(_ scratch: Scratch) {
        for name in ["a", "b", "sub/c", "d"] { scratch.write("content of \(name)", to: "in/\(name).png") }
        scratch.write("bad", to: "in/e.png")
    }

    @Test("Resumed, nothing is made again that was delivered, and the bad one is tried again")
    func resume() async {
        let scratch = Scratch(), first = ContentMaker(), second = ContentMaker()
        files(scratch)
        #expect(await convert(scratch, "trace @in -d @out --resume", with: first).code == .someFailed)
        #expect(first.calls.values.allSatisfy { $0 == 1 } && first.calls.count == 5)
        let again = await convert(scratch, "trace @in -d @out --resume", with: second)
        #expect(again.code == .someFailed && second.calls == ["e.png": 1])
        #expect(again.err.contains("4 of 5 made, 4 kept, "))
        #expect(kind(of: scratch["out/.atelier-journal"]) == .file)
    }

    @Test("A changed input is made again over what was written of the old one; so is all of other options, and a lost output")
    func changes() async {
        let scratch = Scratch(), maker = ContentMaker()
        files(scratch)
        _ = await convert(scratch, "trace @in -d @out --resume -q", with: ContentMaker())
        scratch.write("new content", to: "in/a.png")
        unlink(scratch["out/b.svg"])
        _ = await convert(scratch, "trace @in -d @out --resume -q", with: maker)
        #expect(maker.calls == ["a.png": 1, "b.png": 1, "e.png": 1])
        #expect(scratch.read("out/a.svg") == "made  new content" && scratch.read("out/b.svg") == "made  content of b")
        let other = ContentMaker(options: "other")
        _ = await convert(scratch, "trace @in -d @out --resume -q", with: other)
        #expect(other.calls.count == 5 && scratch.read("out/d.svg") == "made other content of d")
    }

    @Test("An output that somebody has changed is not replaced")
    func foreignOutput() async {
        let scratch = Scratch()
        scratch.write("one", to: "in/a.png")
        _ = await convert(scratch, "trace @in -d @out --resume -q", with: ContentMaker())
        scratch.write("mine", to: "out/a.svg")
        scratch.write("two", to: "in/a.png")
        let run = await convert(scratch, "trace @in -d @out --resume -q", with: ContentMaker())
        #expect(run.err.contains("exists and differs") && scratch.read("out/a.svg") == "mine")
    }

    @Test("Wherever a run was killed: whole lines hold, a torn one does not, and what follows is read again")
    func torn() throws {
        let scratch = Scratch()
        func entry(_ name: String) -> Journal.Entry {
            Journal.Entry(
                derivation: "of \(name)", digest: Digest(hashing: Blob(name)).description, byteCount: name.utf8.count, milliseconds: 1.5,
                ssim: 0.75)
        }
        do {
            let journal = try Journal(scratch["journal"], resuming: false)
            for name in ["a", "b"] { journal.note(entry(name), for: scratch[name]) }
        }
        for name in ["a", "b", "c"] { scratch.write(name, to: name) }
        let whole = Array(try #require(scratch.read("journal")).utf8)
        let ends = whole.indices.filter { whole[$0] == UInt8(ascii: "\n") }
        for length in 0...whole.count {
            scratch.write(String(decoding: whole[..<length], as: UTF8.self), to: "journal")
            let a: Journal.Entry? = length >= ends[1] ? entry("a") : nil, b: Journal.Entry? = length >= ends[2] ? entry("b") : nil
            do {
                let journal = try Journal(scratch["journal"], resuming: true)
                #expect(journal.entry(for: scratch["a"]) == a, "\(length)")
                #expect(journal.entry(for: scratch["b"]) == b, "\(length)")
                journal.note(entry("c"), for: scratch["c"])
            }
            let journal = try Journal(scratch["journal"], resuming: true)
            #expect(journal.entry(for: scratch["c"]) == entry("c"), "\(length)")
            #expect(journal.entry(for: scratch["a"]) == a, "\(length)")
        }
    }

    @Test("A line counts only where the output is what it says")
    func undelivered() throws {
        let scratch = Scratch(), journal = Journal()
        journal.note(
            .init(derivation: "d", digest: Digest(hashing: Blob("x")).description, byteCount: 1, milliseconds: 0, ssim: nil),
            for: scratch["a"])
        #expect(journal.entry(for: scratch["a"]) == nil)
        scratch.write("y", to: "a")
        #expect(journal.entry(for: scratch["a"]) == nil)
        scratch.write("x", to: "a")
        #expect(journal.entry(for: scratch["a"]) != nil)
    }

    @Test("A file that is no journal is refused and stays as it is; one that is in use is refused too")
    func refusals() async throws {
        let scratch = Scratch()
        scratch.write("in", to: "in/a.png")
        scratch.write("my notes\n", to: "notes")
        let run = await convert(scratch, "trace @in -d @out --journal @notes", with: ContentMaker())
        #expect(run.code == .usage && run.err.contains("holds something else than a journal"))
        #expect(scratch.read("notes") == "my notes\n" && kind(of: scratch["out"]) == nil)
        let journal = try Journal(scratch["journal"], resuming: false)
        let other = await convert(scratch, "trace @in -d @out --journal @journal", with: ContentMaker())
        #expect(other.err.contains("another run writes it"))
        _ = journal
    }

    @Test("Without --resume the journal begins anew; folder and journal may move together")
    func anewAndElsewhere() async {
        let scratch = Scratch(), maker = ContentMaker(), moved = ContentMaker()
        files(scratch)
        _ = await convert(scratch, "trace @in -d @out --journal @out/j -q", with: ContentMaker())
        _ = await convert(scratch, "trace @in -d @out --journal @out/j -q", with: maker)
        #expect(maker.calls.count == 5)
        rename(scratch["out"], scratch["elsewhere"])
        _ = await convert(scratch, "trace @in -d @elsewhere --journal @elsewhere/j --resume -q", with: moved)
        #expect(moved.calls == ["e.png": 1])
    }

    @Test("Flags that contradict each other are refused in a sentence")
    func usage() async {
        let scratch = Scratch()
        for (line, words) in [
            ("trace a.png --resume", "--resume wants a journal"), ("trace a.png -o - --journal j", "leave -o - away"),
            ("trace a.png --report a.json", "name the report FILE.html"),
            ("pptx a.svg --report a.json --resume -d o", "leave --resume away"),
            ("trace - --watch -d o", "--watch reads its inputs again"), ("trace a --watch -d o --json", "--json reports at the end"),
            ("trace a --retries 101", "retries"), ("trace a --item-timeout soon", "item-timeout"),
        ] {
            let run = await convert(scratch, line, with: ContentMaker())
            #expect(run.code == .usage && run.err.contains(words), "\(line): \(run.err)")
        }
    }
}
