import AtelierStages
import Glibc
import Testing

@testable import AtelierCommand

@Suite("Files of the configuration")
struct ConfigurationFilesTests {
    private let scratch = Scratch()

    private func files(below folder: String, _ environment: [String: String] = [:]) -> ConfigurationFiles {
        ConfigurationFiles(environment: environment, workingDirectory: scratch[folder])
    }

    private func values(_ text: String, home: String? = nil) throws -> [String: OptionValue]? {
        scratch.write(text, to: "a/atelier.json")
        return try ConfigurationFiles.values(in: scratch["a/atelier.json"], home: home)
    }

    @Test("The nearest file at or above the working directory is found, and a folder of that name is not one")
    func upward() {
        scratch.write("{}", to: "a/atelier.json")
        scratch.write("", to: "a/b/c/here")
        #expect(files(below: "a").project == scratch["a/atelier.json"])
        #expect(files(below: "a/b/c").project == scratch["a/atelier.json"])
        scratch.write("", to: "a/b/atelier.json/inside")
        #expect(files(below: "a/b/c").project == scratch["a/atelier.json"])
        scratch.write("{}", to: "a/b/c/atelier.json")
        #expect(files(below: "a/b/c").project == scratch["a/b/c/atelier.json"])
    }

    @Test("The search ends at the root, also from the root itself, from nowhere and from a folder that is gone")
    func ends() {
        scratch.write("", to: "a/b/here")
        #expect(files(below: "a/b").project == nil)
        for folder in ["/", "", nil, "/nowhere/at/all", "relative"] {
            #expect(ConfigurationFiles(environment: [:], workingDirectory: folder).project == nil)
        }
    }

    @Test("The user's file is below XDG_CONFIG_HOME when that is absolute, else below .config of the home, else nowhere")
    func user() {
        #expect(files(below: "", ["XDG_CONFIG_HOME": "/c", "HOME": "/h"]).user == "/c/atelier/atelier.json")
        #expect(files(below: "", ["XDG_CONFIG_HOME": "c", "HOME": "/h"]).user == "/h/.config/atelier/atelier.json")
        #expect(files(below: "", ["XDG_CONFIG_HOME": "", "HOME": "/h"]).user == "/h/.config/atelier/atelier.json")
        #expect(files(below: "", ["HOME": ""]).user == nil)
    }

    @Test("A user's file met on the way up is read once, as the user's")
    func onlyOnce() {
        scratch.write("{}", to: "c/atelier/atelier.json")
        #expect(files(below: "c/atelier", ["XDG_CONFIG_HOME": scratch["c"]]).project == nil)
    }

    @Test("What is said of single commands stands in objects of their own; whatever else stands there is refused in a sentence")
    func sections() throws {
        let found = try values(
            #"{"threads": 2, "serve": {"rate": "90/m", "burst": 9, "work_limit": 30.5, "max-body": "1MiB", "data": "x"}, "batch": {"retries": 2}}"#
        )
        #expect(
            found == [
                "threads": .integer(2), "serve.rate": .text("90/m"), "serve.burst": .integer(9), "serve.work-limit": .number(30.5),
                "serve.max-body": .integer(1 << 20), "serve.data": .text(scratch["a/x"]), "batch.retries": .integer(2),
            ])
        for (text, wanted) in [
            (#"{"serve": 80}"#, #""serve" is an object such as {"serve": {"rate": "1800/m"}}"#),
            (#"{"serve": {"rat": "1/s"}}"#, #"there is no option "rat" of "serve" (did you mean "rate"?)"#),
            (#"{"serve": {"threads": 2}}"#, #"there is no option "threads" of "serve""#),
            (#"{"serve": {"burst": 0}}"#, #""burst" of "serve" wants a whole number from 1 to 1000000"#),
            (#"{"serve": {"rate": "fast"}}"#, #""rate" of "serve""#), (#"{"serve": {"wait-limit": 0}}"#, #""wait-limit" of "serve""#),
            (#"{"serve": {"port": 70000}}"#, #""port" of "serve""#), (#"{"batch": {"watch": true}}"#, #"there is no option "watch""#),
            (#"{"serve": {"max-body": 1, "max_body": 2}}"#, #""max_body" of "serve" is said twice"#),
            (#"{"rate": "1/s"}"#, #"there is no option "rate""#),
        ] {
            let error = #expect(throws: UsageError.self, "\(wanted)") { try values(text) }
            #expect(error?.description.contains(wanted) == true, "\(wanted)")
        }
    }

    @Test("Flags of serve hold over its settings in files, and the nearer file over the user's")
    func serving() throws {
        scratch.write(#"{"serve": {"rate": "90/m", "queue": 5, "drain": 7}}"#, to: "home/atelier/atelier.json")
        scratch.write(#"{"serve": {"queue": 6, "anonymous": "read"}}"#, to: "a/atelier.json")
        let layers = try ConfigurationLayers(
            flags: [:], environment: ["XDG_CONFIG_HOME": scratch["home"]], workingDirectory: scratch["a"], warn: { _ in })
        let base = layers.settings(ServeCommand(), ServeCommand.ownOptions, of: .serve)
        let command = try ServeCommand(parsing: ["--drain", "9"], over: base)
        #expect(command.rate == "90/m" && command.queue == 6 && command.anonymous == "read" && command.drain == 9)
        #expect(!layers.says(.batch) && layers.says(.serve))
    }

    @Test("A relative folder is one beside the file, ~ is the home, and an absolute one stays")
    func paths() throws {
        #expect(try values(#"{"cache-dir": "x/y"}"#) == ["cache-dir": .text(scratch["a/x/y"])])
        #expect(try values(#"{"cache-dir": "~/y"}"#, home: "/h") == ["cache-dir": .text("/h/y")])
        #expect(try values(#"{"cache-dir": "/y"}"#) == ["cache-dir": .text("/y")])
    }

    @Test(
        "A file that cannot be followed is one sentence with the file, the key and the nearest name",
        arguments: [
            (#"{"memory-limt": 1}"#, #"there is no option "memory-limt" (did you mean "memory-limit"?)"#),
            (#"{"colors": 3}"#, #"there is no option "colors""#),
            (#"{"threads": "many"}"#, #""threads" wants a whole number from 1 to 1024, or auto, not "many""#),
            (#"{"threads": 0}"#, #""threads" wants a whole number from 1 to 1024, or auto, not 0"#),
            (#"{"disk": "yes"}"#, #""disk" wants on or off, not "yes""#),
            (#"{"disk-limit": -1}"#, #""disk-limit" wants a size such as 512MiB or 2GB, not -1"#),
            (
                #"{"preset": "agressive"}"#,
                #""preset" wants conservative, aggressive or ludicrous, not agressive (did you mean aggressive?)"#
            ),
            (#"{"disk_limit": 1, "disk-limit": 2}"#, #""disk-limit" is said twice"#),
            ("{\"disk\": true,\n \"disk\": 1}", #"not JSON: line 2, column 8: "disk" stands twice in one object"#),
            ("{\n  disk: true\n}", "not JSON: line 2, column 3: expected a name in double quotes"),
            ("[]", #"a configuration is an object such as {"disk-limit": "20GiB"}"#),
            ("", "not JSON: line 1, column 1: expected a value, found the end"),
        ])
    func refusals(text: String, expected: String) {
        #expect(refusal { _ = try values(text) } == "\(scratch["a/atelier.json"]): \(expected)")
    }

    @Test("A file that is not there says nothing; one that cannot be read is an error")
    func unreadable() throws {
        #expect(try ConfigurationFiles.values(in: scratch["none"], home: nil) == nil)
        scratch.write("", to: "folder/here")
        #expect(
            refusal { _ = try ConfigurationFiles.values(in: scratch["folder"], home: nil) }
                == "\(scratch["folder"]): is a folder, a file is needed")
        #expect(refusal { _ = try values(String(repeating: " ", count: 1 << 20) + "{}") }.contains("more than the limit of 1048576"))
    }

    @Test("A file above the working directory that belongs to a stranger is not trusted")
    func strangers() {
        #expect(ConfigurationFiles.isForeign(owner: 1001, user: 1000, folderOwner: 1000))
        for owner: UInt32 in [0, 1000, 1002] { #expect(!ConfigurationFiles.isForeign(owner: owner, user: 1000, folderOwner: 1002)) }
    }

    @Test("A stranger's file is a warning, and what it says does not hold", .enabled(if: geteuid() == 0, "only root can give files away"))
    func strangersFile() throws {
        scratch.write(#"{"disk": false}"#, to: "a/atelier.json")
        scratch.write("", to: "a/b/here")
        try #require(chown(scratch["a/atelier.json"], 12_345, 12_345) == 0)
        var warnings: [String] = []
        let layers = try ConfigurationLayers(
            flags: [:], environment: [:], workingDirectory: scratch["a/b"], warn: { warnings.append($0) })
        #expect(layers.configuration.disk)
        #expect(warnings == ["atelier: warning: \(scratch["a/atelier.json"]) belongs to another user and is not read"])
    }
}
