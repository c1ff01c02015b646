import Glibc
import Testing

@testable import AtelierCommand

private func deliver(_ text: String, to path: String, force: Bool = false) throws(DeliveryError) -> Delivery {
    let bytes = Array(text.utf8)
    let result: Result<Delivery, DeliveryError> = bytes.withUnsafeBytes { bytes in
        do throws(DeliveryError) { return .success(try AtelierCommand.deliver(bytes, to: path, force: force)) } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

@Suite("Delivery")
struct DeliveryTests {
    @Test("A new file is written whole, its folders are made, and nothing else is left")
    func new() throws {
        let scratch = Scratch()
        #expect(try deliver("hello", to: scratch["x/y/a.svg"]) == .written)
        #expect(scratch.read("x/y/a.svg") == "hello")
        #expect(scratch.names == ["x", "x/y", "x/y/a.svg"])
    }

    @Test("The same bytes are left alone; others are refused, and replaced by force")
    func existing() throws {
        let scratch = Scratch()
        scratch.write("old", to: "a.svg")
        var before = stat(), after = stat()
        stat(scratch["a.svg"], &before)
        #expect(try deliver("old", to: scratch["a.svg"]) == .unchanged)
        stat(scratch["a.svg"], &after)
        #expect(before.st_ino == after.st_ino)
        for other in ["new", "older", "", "ol"] {
            #expect(throws: DeliveryError.exists(scratch["a.svg"])) { try deliver(other, to: scratch["a.svg"]) }
        }
        #expect(scratch.read("a.svg") == "old")
        #expect(try deliver("new", to: scratch["a.svg"], force: true) == .written)
        #expect(scratch.read("a.svg") == "new" && scratch.names == ["a.svg"])
    }

    @Test("Empty and large outputs arrive as they are")
    func sizes() throws {
        let scratch = Scratch(), large = String(repeating: "0123456789", count: 30_000)
        #expect(try deliver("", to: scratch["empty"]) == .written)
        #expect(try deliver("", to: scratch["empty"]) == .unchanged)
        #expect(try deliver(large, to: scratch["large"]) == .written)
        #expect(try deliver(large, to: scratch["large"]) == .unchanged)
        #expect(throws: DeliveryError.self) { try deliver(large.dropLast() + "x", to: scratch["large"]) }
    }

    @Test("A link stays a link and the file it leads to is replaced, with its mode")
    func link() throws {
        let scratch = Scratch()
        scratch.write("old", to: "real.svg")
        chmod(scratch["real.svg"], 0o640)
        symlink("real.svg", scratch["link.svg"])
        #expect(try deliver("new", to: scratch["link.svg"], force: true) == .written)
        #expect(scratch.read("real.svg") == "new" && scratch.names == ["link.svg", "real.svg"])
        var status = stat()
        lstat(scratch["link.svg"], &status)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
        stat(scratch["real.svg"], &status)
        #expect(status.st_mode & 0o777 == 0o640)
    }

    @Test("What a killed process with our number left is passed over")
    func leftovers() throws {
        let scratch = Scratch()
        // All names that this process could use next, however many tests ran before this one.
        for number in 1...400 { scratch.write("half", to: ".atelier-\(getpid())-\(number)") }
        #expect(try deliver("whole", to: scratch["a.svg"]) == .written)
        #expect(scratch.read("a.svg") == "whole")
    }

    @Test("Many writers of the same bytes to one name all succeed")
    func race() async {
        let scratch = Scratch(), path = scratch["a.svg"]
        let outcomes = await withTaskGroup(of: Delivery?.self) { group in
            for _ in 0..<16 { group.addTask { try? deliver("same", to: path) } }  // nil is what the test looks for
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .written } == 1 && outcomes.count { $0 == .unchanged } == 15)
        #expect(scratch.names == ["a.svg"])
    }

    @Test("A device is written to and stays one")
    func device() throws {
        #expect(try deliver("gone", to: "/dev/null") == .streamed)
    }

    @Test("A refusal of the system names the file and the reason, and leaves nothing behind")
    func refusals() throws {
        let scratch = Scratch()
        scratch.write("", to: "file")
        scratch.write("", to: "folder/x")
        do { _ = try deliver("a", to: scratch["file/a.svg"]) } catch {
            #expect("\(error)" == "\(scratch["file"]): cannot make the folder: file exists" || "\(error)".hasSuffix("not a directory"))
        }
        #expect(throws: DeliveryError.self) { try deliver("a", to: scratch["folder"]) }
        #expect(throws: DeliveryError.self) { try deliver("a", to: scratch["folder"], force: true) }
        #expect(scratch.names == ["file", "folder", "folder/x"])
    }

    @Test("A full device is an error with the system's words")
    func full() throws {
        #expect {
            try deliver("a", to: "/dev/full")
        } throws: {
            "\($0)" == "/dev/full: cannot write: no space left on device"
        }
    }
}
