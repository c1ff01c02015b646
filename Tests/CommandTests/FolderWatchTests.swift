import AtelierScheduling
import Glibc
import Testing

@testable import AtelierCommand

/// Waits until something is so; as long as it takes, and without a thread.
private func until(_ condition: () -> Bool) async {
    // Cancelled, it only looks more often.
    while !condition() { try? await Task.sleep(for: .milliseconds(2)) }
}

@Suite("Watching folders")
struct FolderWatchTests {
    @Test("What is saved, renamed into place, put into a new folder or made whole is converted, once, and nothing else")
    func wholeRun() async throws {
        let scratch = Scratch(), maker = ContentMaker()
        scratch.write("a", to: "in/a.png")
        scratch.write("b", to: "in/b.png")
        let task = Task { await convert(scratch, "trace @in -d @out --watch", with: maker) }
        await until { scratch.read("out/a.svg") == "made  a" && scratch.read("out/b.svg") == "made  b" }
        scratch.write("a again", to: "in/a.png")
        await until { scratch.read("out/a.svg") == "made  a again" }
        scratch.write("renamed", to: "other/c.png")
        rename(scratch["other/c.png"], scratch["in/c.png"])
        await until { scratch.read("out/c.svg") == "made  renamed" }
        scratch.write("deep", to: "in/new/folder/d.png")
        await until { scratch.read("out/new/folder/d.svg") == "made  deep" }
        scratch.write("bad", to: "in/e.png")
        await until { maker.calls["e.png"] == 1 }
        unlink(scratch["in/b.png"])
        scratch.write("good", to: "in/e.png")
        await until { scratch.read("out/e.svg") == "made  good" }
        task.cancel()
        let (code, err) = await task.value
        #expect(code == .done || code == .interrupted)
        #expect(maker.calls["b.png"] == 1 && maker.calls["c.png"] == 1 && maker.calls["new/folder/d.png"] == 1)
        #expect(scratch.read("out/b.svg") == "made  b")
        #expect(err.split(separator: "\n").count { $0.contains("e.png: is bad") } == 1, "\(err)")
    }

    @Test("Waiting ends when the task is cancelled, also when it was before")
    func cancelled() async throws {
        let scratch = Scratch(), watch = try FolderWatch()
        scratch.write("", to: "in/.hidden")
        var folders = WatchedFolders()
        try folders.add(scratch["in"])
        try watch.add(folders)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await watch.change()
        }
        #expect(await task.value == false)
    }

    @Test("Folders of folders, of files and of patterns; hidden ones and those left out are not among them")
    func folders() throws {
        let scratch = Scratch()
        for name in ["in/x/y/a", "in/.git/b", "in/old/c", "list"] { scratch.write("", to: name) }
        var settings = Settings()
        settings.exclude = "old"
        var folders = WatchedFolders(try InputFilter(settings))
        try folders.add(scratch["in"])
        try folders.add(scratch["list"])
        try folders.add(scratch["in/x/*/*.png"])
        try folders.add(scratch["in/x/*.png"])
        #expect(folders.paths.map { String($0.dropFirst(scratch.path.utf8.count)) } == ["/in/", "/in/x/", "/in/x/y/", "/"])
    }
}
