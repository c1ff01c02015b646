import AtelierJSON
import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a run has made, in a file that a run may leave at any moment (docs/formats/batch-journal.md, decision 0043).
///
/// A line says that an output follows from some inputs and options, and what its bytes are. It is written before the output gets its
/// name: whether it got there, the output itself tells, whose digest the line has. So nothing that was delivered is made again, and
/// nothing that was not counts as done, wherever a run was killed. Without a file it remembers the runs of one process.
final class Journal: Sendable {
    /// What is known of an output.
    struct Entry: Hashable, Sendable {
        /// Identity of its derivation: inputs, options and the versions of all that made it.
        var derivation: String
        /// The digest of its bytes, and their count.
        var digest: String, byteCount: Int
        /// How long it took, and how like its picture a tracing is where that was measured.
        var milliseconds: Double, ssim: Double?
    }

    /// Why a file cannot be the journal, in one sentence.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// What failed, by output: the derivation, and why. Only this process knows.
        var failed: [String: (derivation: String, failures: [Failure])] = [:]
        /// Why a line could not be written; the first one is said.
        var failure: SystemError?
    }

    /// -1 where there is no file.
    private let descriptor: Int32
    /// The file as messages call it, and its folder with a slash at the end.
    private let name: String, folder: String
    private let state = Lock(State())

    private static let header = #"{"journal":"atelier","version":1}"#
    /// Most bytes of a journal that is read: a few million outputs.
    private static let largest = 1 << 30

    /// A journal that ends with the process.
    init() { (descriptor, name, folder) = (-1, "", "") }

    /// Opens or makes the file.
    ///
    /// - Parameter resuming: Whether what it says holds; it begins anew otherwise. A line that is not whole never holds.
    /// - Throws: `Refusal`, also when another run has it.
    init(_ path: String, resuming: Bool) throws {
        name = printable(path)
        folder = absolute(path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./")
        do throws(DeliveryError) { try makeFolder(of: path) } catch { throw Refusal(description: "--journal \(error)") }
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Refusal(description: "--journal \(SystemError("\(name): cannot open"))") }
        try begin(resuming: resuming)
    }

    deinit {
        guard descriptor >= 0 else { return }
        // Closing alone would leave it to a process that is being started and has not let go of what it inherits.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private func begin(resuming: Bool) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(description: "--journal \(name): is not a regular file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Refusal(description: "--journal \(name): another run writes it; wait for its end or name another file")
        }
        let bytes = try Blob.reading(descriptor: descriptor, path: name, limit: Self.largest).bytes
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The first line may be torn as well.
        let isOurs = lines[0].elementsEqual(Self.header.utf8) || lines.count == 1 && Self.header.utf8.starts(with: lines[0])
        guard isOurs else {
            throw Refusal(description: "--journal \(name): holds something else than a journal of this version; name another file")
        }
        if resuming, lines.count > 1 {
            // A torn line has no closing brace.
            for line in lines.dropFirst() {
                guard let (output, entry) = Self.entry(in: line) else { continue }
                state.withLock { $0.entries[output] = entry }
            }
            if let last = lines.last, !last.isEmpty { try add("") }
        } else {
            guard ftruncate(descriptor, 0) == 0 else {
                throw Refusal(description: "--journal \(SystemError("\(name): cannot begin anew"))")
            }
            try add(Self.header)
        }
    }

    /// What holds for an output: the line about it whose bytes it still has. Nil when there is none, or when the output is not what
    /// was written.
    func entry(for output: String) -> Entry? {
        guard output != "-", let entry = state.withLock({ $0.entries[key(output)] }), kind(of: output) == .file,
            let blob = try? Blob.reading(path: output, limit: entry.byteCount),  // what cannot be read is made again
            blob.count == entry.byteCount, Digest(hashing: blob).description == entry.digest
        else { return nil }
        return entry
    }

    /// Notes what an output is about to be.
    func note(_ entry: Entry, for output: String) {
        guard output != "-" else { return }
        let key = key(output)
        state.withLock { state in
            state.entries[key] = entry
            state.failed[key] = nil
        }
        guard descriptor >= 0 else { return }
        let line = JSON.object([
            "output": .string(key), "derivation": .string(entry.derivation), "digest": .string(entry.digest),
            "bytes": .integer(entry.byteCount), "milliseconds": .number(entry.milliseconds), "ssim": entry.ssim.map(JSON.number),
        ])
        do { try add(line.text) } catch { state.withLock { $0.failure = $0.failure ?? error } }
    }

    /// Notes, for this process alone, that nothing comes of an output.
    func note(_ failures: [Failure], derivation: String, for output: String) {
        state.withLock { $0.failed[key(output)] = (derivation, failures) }
    }

    /// Why nothing came of an output in this process, as long as it would be made of the same.
    func failures(for output: String, derivation: String) -> [Failure]? {
        state.withLock { state in state.failed[key(output)].flatMap { $0.derivation == derivation ? $0.failures : nil } }
    }

    /// Whether anything is known of an output.
    func knows(_ output: String) -> Bool {
        state.withLock { [key = key(output)] in $0.entries[key] != nil || $0.failed[key] != nil }
    }

    /// Why the journal does not have every line it should; nil when it has.
    var failure: SystemError? { state.withLock { $0.failure } }

    /// Outputs by their paths below the folder of the journal, so that both may move together; others from the root.
    private func key(_ output: String) -> String {
        let path = absolute(output)
        return !folder.isEmpty && path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }

    /// One write for each line: what a killed process has written stays written.
    private func add(_ line: String) throws(SystemError) {
        try writeAll(Array((line + "\n").utf8), to: descriptor, called: name)
    }

    private static func entry(in line: ArraySlice<UInt8>) -> (String, Entry)? {
        guard case .object(let members)? = try? JSON(parsing: Array(line)) else { return nil }  // torn, and followed by others
        func text(_ name: String) -> String? {
            guard case .string(let text)? = members.first(where: { $0.name == name })?.value else { return nil }
            return text
        }
        func number(_ name: String) -> Double? {
            switch members.first(where: { $0.name == name })?.value {
            case .number(let number): number
            case .integer(let number): Double(number)
            default: nil
            }
        }
        guard let output = text("output"), let derivation = text("derivation"), let digest = text("digest"),
            let count = number("bytes").flatMap({ Int(exactly: $0) }), count >= 0
        else { return nil }
        return (
            output,
            Entry(
                derivation: derivation, digest: digest, byteCount: count, milliseconds: number("milliseconds") ?? 0, ssim: number("ssim"))
        )
    }
}
