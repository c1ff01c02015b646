import AtelierJSON
import AtelierMemo
import AtelierSVG
import AtelierTelemetry

/// A file that a profile is written to, or read from; its name says in which form.
struct ProfileFile: Hashable {
    /// Folded stacks, one a line; a flame graph; Trace Event JSON.
    enum Form: String, CaseIterable {
        case folded, svg, json

        /// A profile of a command in this form.
        func bytes(of timeline: Timeline, _ command: [String]) -> [UInt8] {
            switch self {
            case .folded: Array(timeline.stacks.map(\.line).joined().utf8)
            case .svg:
                SVG.write(
                    FlameDrawing(
                        FlameGraph(timeline.stacks), heading: (["atelier"] + command).map(printable).joined(separator: " "),
                        unit: timeline.samples.isEmpty ? "µs" : "samples"
                    ).tree)
            case .json: TraceEvents.document(timeline, of: command).bytes + [UInt8(ascii: "\n")]
            }
        }
    }

    let path: String, form: Form

    /// - Throws: When the name says nothing, with what it could.
    init(_ path: String) throws(UsageError) {
        let suffix = path.lastIndex(of: ".").map { path[path.index(after: $0)...].lowercased() }
        guard let form = suffix.flatMap(Form.init(rawValue:)) else {
            throw UsageError(
                "--profile \(printable(path)): the name should end in .folded (stacks), .svg (flame graph) or .json (for Perfetto and "
                    + "chrome://tracing)")
        }
        (self.path, self.form) = (path, form)
    }

    /// Writes a profile; what was there is replaced.
    func write(_ timeline: Timeline, of command: [String]) throws(DeliveryError) {
        let bytes = form.bytes(of: timeline, command)
        let outcome: Result<Delivery, DeliveryError> = bytes.withUnsafeBytes { bytes in
            do throws(DeliveryError) { return .success(try deliver(bytes, to: path, force: true)) } catch { return .failure(error) }
        }
        _ = try outcome.get()
    }

    /// Most bytes of a profile that is read.
    private static let largest = 1 << 30

    /// The stacks of the samples in a profile.
    func stacks(_ console: Console) throws(UsageError) -> [FoldedStack] {
        let bytes: [UInt8]
        do { bytes = try console.read(path, limit: Self.largest).withUnsafeBytes(Array.init) } catch { throw UsageError(sentence(error)) }
        var stacks: [FoldedStack]?
        switch form {
        case .folded: stacks = folded(bytes)
        case .json:
            do throws(JSON.SyntaxError) { stacks = TraceEvents.stacks(of: try JSON(parsing: bytes)) } catch {
                throw UsageError("\(printable(path)): not JSON: \(sentence(error))")
            }
        case .svg: throw UsageError("\(printable(path)): a picture holds no numbers; compare .json or .folded files")
        }
        guard let stacks else { throw UsageError("\(printable(path)): this is no profile; \"atelier profile\" and --profile write them") }
        guard !stacks.isEmpty else { throw UsageError("\(printable(path)): there are no samples in it to compare") }
        return stacks
    }

    /// Nil when a line is no stack with a number behind it.
    private func folded(_ bytes: [UInt8]) -> [FoldedStack]? {
        var stacks: [FoldedStack] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let space = line.lastIndex(of: UInt8(ascii: " ")),
                let weight = UInt64(String(decoding: line[(space + 1)...], as: UTF8.self)), weight < 1 << 48
            else { return nil }
            let names = line[..<space].split(separator: UInt8(ascii: ";")).map { String(decoding: $0, as: UTF8.self) }
            guard !names.isEmpty else { return nil }
            stacks.append(FoldedStack(names, spanCount: 0, weight: weight))
        }
        return stacks
    }
}

extension FoldedStack {
    /// `convert;svg.parse;SVG.read(_:) 12`, with its end.
    fileprivate var line: String {
        names.map { String($0.map { $0 == ";" || $0 == "\n" ? "," : $0 }) }.joined(separator: ";") + " \(weight)\n"
    }
}
