/// Something in which the key of an artifact differs from another of the same stage, at the place where it changed: inputs
/// are followed down to the stage whose own properties differ.
public enum KeyDifference: Hashable, Sendable {
    /// A stored property; the path is that of the encoding, such as `options.colors`, and values are as they are printed.
    case field(stage: String, path: String, was: String, is: String)
    /// The version of a stage or plan.
    case version(stage: String, was: Int, is: Int)
    /// An input that another stage makes now.
    case maker(stage: String, path: String, was: String, is: String)
    /// The bytes of a source; the path is the one they were read from before, nil when that is not known.
    case source(path: String?, digest: Digest)
    /// An input that differs in something that was not noted or is too far down.
    case unknown(stage: String, path: String)
}

extension KeyLog {
    /// How an artifact differs from the nearest one of its stage: that with the fewest differences, of several the latest.
    ///
    /// Nil when none of its stage is known. Complexity: O(n · f) for n keys of the stage with f fields, inputs included.
    func nearest(to node: Node) -> (noted: Int64, differences: [KeyDifference])? {
        var comparison = KeyComparison(log: self)
        var best: (noted: Int64, differences: [KeyDifference])?
        for digest in digests[node.name] ?? [] where digest != node.digest {
            let differences = comparison.differences(from: digest, to: node, depth: 0)
            if best.map({ differences.count < $0.differences.count }) ?? true {
                best = (entries[digest]?.noted ?? 0, differences)
            }
            if differences.count == 1 { break }
        }
        return best
    }
}

/// Compares keys that were noted with those of artifacts at hand.
private struct KeyComparison {
    let log: KeyLog
    /// Keys of artifacts at hand, decoded once.
    private var fields: [Digest: KeyFields?] = [:]
    /// What was compared already: chains share their inputs.
    private var known: [Pair: [KeyDifference]] = [:]

    private struct Pair: Hashable { var was: Digest, now: Digest }

    /// Beyond this inputs are not followed; chains of stages are some ten long.
    private static let deepest = 48

    init(log: KeyLog) { self.log = log }

    mutating func differences(from digest: Digest, to node: Node, depth: Int) -> [KeyDifference] {
        if digest == node.digest { return [] }
        let pair = Pair(was: digest, now: node.digest)
        if let known = known[pair] { return known }
        var found: [KeyDifference] = []
        compare(digest, node, depth, &found)
        // The same work under another identity.
        if found.isEmpty { found = [.unknown(stage: node.name, path: "partition")] }
        known[pair] = found
        return found
    }

    private mutating func compare(_ digest: Digest, _ node: Node, _ depth: Int, _ found: inout [KeyDifference]) {
        if node.isSource {
            guard case .source(let path)? = log.entries[digest]?.origin else {
                found.append(.source(path: nil, digest: node.digest))
                return
            }
            found.append(.source(path: path, digest: node.digest))
            return
        }
        guard case .key(let bytes)? = log.entries[digest]?.origin, let was = KeyFields(Array(bytes)), let now = fields(of: node) else {
            found.append(.unknown(stage: node.name, path: ""))
            return
        }
        if was.version != now.version { found.append(.version(stage: node.name, was: was.version, is: now.version)) }
        var before = Dictionary(was.fields.map { ($0.path, $0.value) }) { first, _ in first }
        for field in now.fields {
            switch (before.removeValue(forKey: field.path), field.value) {
            case (let old?, let new) where old == new: break
            case (.input(let old)?, .input(let new)):
                guard depth < Self.deepest, let input = node.inputs.first(where: { $0.digest == new }) else {
                    found.append(.unknown(stage: node.name, path: field.path))
                    break
                }
                follow(old, input, from: node, field.path, depth, &found)
            case (let old, let new): found.append(.field(stage: node.name, path: field.path, was: text(old), is: text(new)))
            }
        }
        for (path, old) in before.sorted(by: { $0.key < $1.key }) {
            found.append(.field(stage: node.name, path: path, was: text(old), is: text(nil)))
        }
    }

    private mutating func follow(
        _ old: Digest, _ input: Node, from node: Node, _ path: String, _ depth: Int, _ found: inout [KeyDifference]
    ) {
        let before: String?
        switch log.entries[old]?.origin {
        case .key(let bytes): before = KeyFields(Array(bytes))?.name
        case .source: before = "source"
        // Bytes that came through a pipe have no path to note.
        case nil: before = input.isSource ? "source" : nil
        }
        guard let before else {
            found.append(.unknown(stage: node.name, path: path))
            return
        }
        guard before == input.name else {
            found.append(.maker(stage: node.name, path: path, was: before, is: input.name))
            return
        }
        for difference in differences(from: old, to: input, depth: depth + 1) where !found.contains(difference) { found.append(difference) }
    }

    private mutating func fields(of node: Node) -> KeyFields? {
        if let known = fields[node.digest] { return known }
        let decoded = node.work.keyBytes.flatMap(KeyFields.init)
        fields[node.digest] = decoded
        return decoded
    }

    private func text(_ value: KeyFields.Value?) -> String {
        switch value {
        case .plain(let text): text
        case .input(let digest): "an input (\(digest.description.prefix(12)))"
        case nil: "absent"
        }
    }
}
