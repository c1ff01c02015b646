import AtelierHTTP
import AtelierImageCodecs
import AtelierJSON
import AtelierMemo
import AtelierPixels
import AtelierServing
import Glibc
import Testing

@testable import AtelierCommand

/// The tool that was built beside these tests; nil when only they were built.
private let tool: String? = {
    // The tests are a library that a runner has opened, so its own path stands in the list of mappings.
    guard let maps = try? Blob.reading(path: "/proc/self/maps", limit: 1 << 24) else { return nil }  // no such list: no tool to be found
    for line in String(decoding: maps.withUnsafeBytes(Array.init), as: UTF8.self).split(separator: "\n")
    where line.hasSuffix("PackageTests.xctest") {
        guard let start = line.firstIndex(of: "/"), let end = line.lastIndex(of: "/") else { continue }
        let path = line[start...end] + "atelier"
        return access(String(path), X_OK) == 0 ? String(path) : nil
    }
    return nil
}()

/// A pipe whose ends no child inherits.
private func makePipe() -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

private struct Child {
    let id: pid_t

    /// Starts the tool with three descriptors, in a folder or in that of the tests.
    init(_ arguments: [String], _ scratch: Scratch, in folder: String? = nil, input: Int32, output: Int32, errors: Int32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        let changing = folder.map { ["/usr/bin/env", "-C", $0] } ?? []
        let words = (changing + [try #require(tool)] + arguments).map { strdup($0) } + [nil]
        let environment = [strdup("ATELIER_CACHE_DIR=\(scratch["cache"])"), nil]
        defer { for word in words + environment { free(word) } }
        var id: pid_t = 0
        try #require(posix_spawn(&id, words[0]!, &actions, nil, words, environment) == 0)
        self.id = id
    }

    /// Waits for the end. A signal that ended it counts as 1000 more than its number.
    func wait() -> Int32 {
        var status: Int32 = 0
        waitpid(id, &status, 0)
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 1000 + (status & 0x7F)
    }
}

@Suite("The process", .enabled(if: tool != nil, "the tool is not built beside the tests"))
struct ProcessTests {
    @Test("version answers on standard output")
    func version() throws {
        let scratch = Scratch(), console = scratch.console()
        let child = try Child(["version"], scratch, input: console.input, output: console.output, errors: console.errors)
        #expect(child.wait() == 0)
        #expect(scratch.read(".out") == "atelier \(Command.version)\n" && scratch.read(".err") == "")
    }

    @Test("The configuration is found above the folder the tool is run in, and its variables in the environment")
    func configuration() throws {
        let scratch = Scratch(), console = scratch.console()
        scratch.write(#"{"cache-dir": "elsewhere", "disk-limit": "3GiB"}"#, to: "a/atelier.json")
        scratch.write("", to: "a/b/here")
        let child = try Child(
            ["config", "show", "--origin"], scratch, in: scratch["a/b"], input: console.input, output: console.output,
            errors: console.errors)
        #expect(child.wait() == 0 && scratch.read(".err") == "")
        let lines = try #require(scratch.read(".out")).split(separator: "\n")
        let limit = lines.first { $0.hasPrefix("disk-limit ") }, folder = lines.first { $0.hasPrefix("cache-dir ") }
        #expect(limit?.contains(" 3GiB ") == true && limit?.hasSuffix("/a/atelier.json: disk-limit") == true)
        #expect(folder?.hasSuffix(" ATELIER_CACHE_DIR") == true && folder?.contains(scratch["cache"]) == true)
    }

    @Test("A usage error is code 2 and one line")
    func usage() throws {
        let scratch = Scratch(), console = scratch.console()
        let child = try Child(["trace", "--colros=3"], scratch, input: console.input, output: console.output, errors: console.errors)
        #expect(child.wait() == 2)
        #expect(scratch.read(".err") == "atelier: there is no option --colros (did you mean --colors?)\n")
    }

    @Test("Ctrl-C while input is awaited ends the run with 130 and leaves nothing")
    func interrupt() throws {
        let scratch = Scratch(), console = scratch.console(), (reader, writer) = makePipe()
        let child = try Child(
            ["trace", "-", "-o", scratch["out/a.svg"]], scratch, input: reader, output: console.output, errors: console.errors)
        close(reader)
        // More than a pipe holds, so that this returns only when the tool reads, with its signals in order.
        let header = [UInt8](repeating: 0x89, count: 1 << 17)
        try writeAll(header, to: writer, called: "pipe")
        kill(child.id, SIGINT)
        kill(child.id, SIGTERM)
        #expect(child.wait() == 130)
        close(writer)
        #expect(!scratch.names.contains { $0.hasPrefix("out") })
        #expect(scratch.read(".err") == "atelier: stopping\n")
    }

    @Test("A reader that has gone ends the run without a word")
    func brokenPipe() throws {
        let scratch = Scratch(), console = scratch.console(), (reader, writer) = makePipe()
        close(reader)
        let child = try Child(["help", "trace"], scratch, input: console.input, output: writer, errors: console.errors)
        close(writer)
        #expect(child.wait() == ExitCode.brokenPipe.rawValue)
        #expect(scratch.read(".err") == "")
    }

    @Test(
        "A service that is killed with work under way goes on with it when it is started again, and ends when it is asked to",
        .enabled(if: HTTPServer.isAvailable && HTTPClient.isAvailable, "libmicrohttpd or libcurl is not on this machine"))
    func restart() async throws {
        let scratch = Scratch()
        var service = try await RunningService(scratch, log: "first")
        var jobs: [String] = []
        for number in 0..<40 {
            var raster = Raster(width: 96, height: 96, filledWith: RGBA8(255, 255, 255, 255))
            for y in 8..<60 { for x in 8..<(20 + number) { raster[x, y] = RGBA8(20, UInt8(number * 6), 160, 255) } }
            let answer = try await service.post("/v1/jobs?kind=trace", encodePNG(raster))
            jobs.append(try #require(answer["id"]))
        }
        kill(service.child.id, SIGKILL)
        #expect(try await service.child.end() == 1000 + SIGKILL)

        service = try await RunningService(scratch, log: "second")
        for id in jobs {
            var job = try await service.get("/v1/jobs/\(id)?wait=60")
            for _ in 0..<10 where ["queued", "running"].contains(job["state"]) { job = try await service.get("/v1/jobs/\(id)?wait=60") }
            #expect(job["state"] == "done")
        }
        kill(service.child.id, SIGTERM)
        #expect(try await service.child.end() == 0)
    }
}

extension Child {
    /// How it ended, as `wait` says it; looked for now and then, so that no thread waits.
    fileprivate func end() async throws -> Int32? {
        for _ in 0..<120_000 {
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) == id { return status & 0x7F == 0 ? (status >> 8) & 0xFF : 1000 + (status & 0x7F) }
            try await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }
}

/// A process that serves, and who asks it.
private struct RunningService {
    let child: Child
    private let url: String, client = HTTPClient()

    init(_ scratch: Scratch, log: String) async throws {
        scratch.write("", to: log)
        let descriptor = open(scratch[log], O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(descriptor) }
        let arguments = ["serve", "--port", "0", "--threads", "1", "--data", scratch["data"]]
        child = try Child(arguments, scratch, input: descriptor, output: descriptor, errors: descriptor)
        for _ in 0..<120_000 {
            // `atelier: listening on http://127.0.0.1:40123/`
            if let text = scratch.read(log), text.hasSuffix("/\n"), let place = text.firstRange(of: "http://") {
                url = String(text[place.lowerBound...].dropLast(2))
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(child.id, SIGKILL)
        throw CancellationError()
    }

    /// The texts of an answer, by name.
    func get(_ path: String) async throws -> [String: String] { try await texts(HTTPRequest(url + path, limits: Self.limits)) }

    func post(_ path: String, _ body: [UInt8]) async throws -> [String: String] {
        try await texts(
            HTTPRequest(url + path, method: "POST", headers: [.init("Content-Type", "image/png")], body: body, limits: Self.limits))
    }

    private static let limits = HTTPLimits(connect: .seconds(900), idle: .seconds(900))

    private func texts(_ request: HTTPRequest) async throws -> [String: String] {
        guard case .object(let members) = try JSON(parsing: try await client.send(request).body.bytes()) else { return [:] }
        return members.reduce(into: [:]) { texts, member in if case .string(let text) = member.value { texts[member.name] = text } }
    }
}
