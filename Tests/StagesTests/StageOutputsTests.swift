import Foundation
import Testing

/// `stage-outputs.txt` holds what every stage makes of fixed inputs. It guards versions: output changed and version not
/// is somebody's stale cache.
@Suite("Stage outputs")
struct StageOutputsTests {
    static let reference = Sample.root + "/Tests/StagesTests/stage-outputs.txt"

    @Test("Two processes, one with a single worker and one with many, make the same of the same, and as recorded")
    func recorded() throws {
        let one = try outputs(threads: 1), many = try outputs(threads: 8)
        #expect(one == many)
        if ProcessInfo.processInfo.environment["UPDATE_REFERENCES"] == "1" {
            try (one.joined(separator: "\n") + "\n").write(toFile: Self.reference, atomically: true, encoding: .utf8)
        }
        let recorded = try String(contentsOfFile: Self.reference, encoding: .utf8).split(separator: "\n").map(String.init)
        for complaint in complaints(recorded: recorded, now: one) { Issue.record("\(complaint)") }
    }

    @Test("A changed output under an old version names the stage; under a new one it asks for the record")
    func complaining() {
        let recorded = ["library a 1", "x.a 1 s aa", "x.b 1 s bb"]
        #expect(complaints(recorded: recorded, now: recorded) == [])
        #expect(
            complaints(recorded: recorded, now: ["library a 1", "x.a 1 s aa", "x.b 1 s cc"])
                == ["x.b on s: the output changed and the version is still 1; raise it, then run with UPDATE_REFERENCES=1"])
        #expect(
            complaints(recorded: recorded, now: ["library a 2", "x.a 2 s ab", "x.b 1 s bb"]) == [
                "not recorded: library a 2; look at the change, then run with UPDATE_REFERENCES=1",
                "not recorded: x.a 2 s ab; look at the change, then run with UPDATE_REFERENCES=1",
            ])
    }

    private func complaints(recorded: [String], now: [String]) -> [String] {
        /// Everything but the digest: stage, version, sample.
        func subject(_ line: String) -> String { line.split(separator: " ").dropLast().joined(separator: " ") }
        let known = Dictionary(recorded.map { (subject($0), $0) }) { first, _ in first }
        return now.filter { !recorded.contains($0) }.map { line in
            let words = line.split(separator: " ")
            guard words[0] != "library", known[subject(line)] != nil else {
                return "not recorded: \(line); look at the change, then run with UPDATE_REFERENCES=1"
            }
            return "\(words[0]) on \(words[2]): the output changed and the version is still \(words[1]); "
                + "raise it, then run with UPDATE_REFERENCES=1"
        } + (recorded.count > now.count ? ["\(recorded.count - now.count) recorded outputs are not made any more"] : [])
    }

    /// Runs `atelier-bench stage-outputs`, which lies beside this test.
    private func outputs(threads: Int) throws -> [String] {
        let here = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: here).deletingLastPathComponent().appendingPathComponent("atelier-bench")
        process.arguments = ["stage-outputs", Sample.root + "/Examples/art", "--threads", "\(threads)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
