import AtelierJSON
import AtelierStages
import Testing

@testable import AtelierCommand

/// Runs `atelier config …` with a user's file and returns what it says.
private func config(_ words: String..., file: String? = nil, environment: [String: String] = [:]) async -> (
    code: ExitCode, out: String, err: String, scratch: Scratch
) {
    let scratch = Scratch()
    if let file { scratch.write(file, to: "atelier/atelier.json") }
    let own = ["XDG_CONFIG_HOME": scratch.path, "HOME": "/home/me"].merging(environment) { $1 }
    let code = await Command.run(["config"] + words, environment: own, console: scratch.console())
    return (code, scratch.read(".out") ?? "", scratch.read(".err") ?? "", scratch)
}

@Suite("config")
struct ConfigCommandTests {
    /// All options that files may set.
    private let count = Configuration.options.count + ServeCommand.ownOptions.count + Settings.batchDefaults.count

    @Test("show prints every option with its value, and --origin who says so")
    func show() async {
        let plain = await config("show")
        #expect(plain.code == .done && plain.out.split(separator: "\n").count == count)
        #expect(plain.out.contains("\ncache-dir ") && plain.out.contains(" /home/me/.cache/atelier\n"))
        let result = await config(
            "show", "--origin", "-j3", "--no-disk", file: #"{"memory_limit": "1GiB", "threads": 2}"#,
            environment: ["ATELIER_DISK_LIMIT": "7GiB"])
        func line(_ name: String) -> [Substring] {
            result.out.split(separator: "\n").first { $0.hasPrefix(name + " ") }?.split(separator: " ", maxSplits: 2) ?? []
        }
        #expect(line("threads").map(String.init).map { $0.filter { $0 != " " } } == ["threads", "3", "--threads"])
        #expect(line("disk").last?.hasSuffix("--disk") == true && line("disk")[1] == "off")
        #expect(line("disk-limit").last?.hasSuffix("ATELIER_DISK_LIMIT") == true && line("disk-limit")[1] == "7GiB")
        #expect(line("memory-limit").last?.hasSuffix("\(result.scratch["atelier/atelier.json"]): memory-limit") == true)
        #expect(line("memory").last?.hasSuffix("preset aggressive") == true)
        #expect(line("cache").last?.hasSuffix("default") == true)
    }

    @Test("show has what is said of single commands")
    func sections() async {
        let result = await config("show", "--origin", file: #"{"serve": {"rate": "90/s", "wait_limit": 2}, "batch": {"retries": 3}}"#)
        func line(_ name: String) -> [String] {
            let line = result.out.split(separator: "\n").first { $0.hasPrefix(name + " ") } ?? ""
            return line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        let file = result.scratch["atelier/atelier.json"] + ":"
        #expect(line("serve.rate") == ["serve.rate", "90/s", file, "serve.rate"])
        #expect(line("serve.wait-limit") == ["serve.wait-limit", "2", file, "serve.wait-limit"])
        #expect(line("serve.queue") == ["serve.queue", "1000", "default"])
        #expect(line("batch.retries") == ["batch.retries", "3", file, "batch.retries"])
    }

    @Test("show --json gives values of the option's own type")
    func showJSON() async throws {
        let result = await config("show", "--json", "--disk-limit", "1KiB")
        guard case .object(let members) = try JSON(parsing: Array(result.out.utf8)), case .array(let rows)? = members.last?.value else {
            Issue.record("not an object with options")
            return
        }
        #expect(rows.count == count)
        #expect(rows.contains(.object(["name": .string("disk-limit"), "value": .integer(1024), "origin": .string("--disk-limit")])))
        #expect(rows.contains(.object(["name": .string("threads"), "value": .null, "origin": .string("default")])))
    }

    @Test(
        "No password is shown",
        arguments: [
            ("redis://me:secret@host:1/2", "redis://me:***@host:1/2"), ("redis://:secret@host", "redis://:***@host"),
            ("redis://me@host", "redis://me@host"), ("redis://host", "redis://host"), ("unix:/run/redis.sock", "unix:/run/redis.sock"),
            ("redis://a:se@cret@host", "redis://a:***@host"), ("rediss://a:secret@host", "***"),
        ])
    func masking(address: String, shown: String) {
        #expect(masked(address: address) == shown)
    }

    @Test("show hides secrets, in lines and in JSON, wherever they were said")
    func secrets() async {
        for words in [["show"], ["show", "--origin"], ["show", "--json"]] {
            let scratch = Scratch()
            scratch.write(#"{"redis-url": "redis://me:geheim@host"}"#, to: "atelier/atelier.json")
            let environment = ["XDG_CONFIG_HOME": scratch.path, "ATELIER_REDIS_PASSWORD": "streng"]
            let code = await Command.run(["config"] + words, environment: environment, console: scratch.console())
            let out = scratch.read(".out") ?? ""
            #expect(code == .done && out.contains("redis://me:***@host") && out.contains("***"))
            #expect(!out.contains("geheim") && !out.contains("streng"))
        }
        #expect(!Configuration.flags.contains { $0.name == "redis-password" })
    }

    @Test("path says where the files are, and that one is not there")
    func path() async throws {
        let missing = await config("path")
        #expect(missing.out.hasPrefix("user     \(missing.scratch["atelier/atelier.json"]) (not there)\n"))
        let there = await config("path", "--json", file: "{}")
        #expect(there.out.contains(#""user":{"path":"\#(there.scratch["atelier/atelier.json"])","exists":true}"#))
    }

    @Test("A wrong file stops every command that reads it with one line and the code for usage, and version all the same answers")
    func wrongFile() async {
        let result = await config("show", file: #"{"dsk": true}"#)
        #expect(result.code == .usage && result.out == "")
        #expect(
            result.err
                == "atelier: \(result.scratch["atelier/atelier.json"]): there is no option \"dsk\" (did you mean \"disk\"?)\n")
        for command in [["cache", "stats"], ["trace", "a.png"], ["explain", "trace", "a.png"]] {
            let console = result.scratch.console()
            #expect(await Command.run(command, environment: ["XDG_CONFIG_HOME": result.scratch.path], console: console) == .usage)
        }
        let console = result.scratch.console()
        #expect(await Command.run(["version"], environment: ["XDG_CONFIG_HOME": result.scratch.path], console: console) == .done)
    }

    @Test("config wants one of its actions and nothing else")
    func usage() {
        #expect(refusal { _ = try Invocation(parsing: ["config"]) } == "config wants what to do after it: show or path")
        #expect(refusal { _ = try Invocation(parsing: ["config", "show", "x"]) } == "config show takes no x")
    }
}
