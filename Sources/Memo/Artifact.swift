/// The promise of a value, lazy, named by digest.
///
///     let photo = try Artifact.file(path: "photo.png")                  // a source
///     let image = Artifact(DecodeImage(source: photo))                  // a stage; nothing has run
///     let pixels = try await engine.value(of: image)
///
/// Two artifacts of equal stages over equal inputs are one: they share their digest, their run and their entry.
/// Any depth is fine; evaluating, explaining and releasing a chain of 10⁵ artifacts takes no stack.
public struct Artifact<Value: Storable>: Sendable {
    let node: Node

    /// Identity of the derivation (of the bytes themselves for a source).
    public var digest: Digest { node.digest }

    /// Whose quota the value counts against; empty for nobody's.
    public var partition: String { node.partition }

    /// Names by which the value can be invalidated, sorted; the artifact's own and those of everything it is built on.
    public var tags: [String] { node.tags }

    /// The promise of a stage's output.
    ///
    /// A stage with a stored property that cannot be part of a key (`Data`, `URL`, `Date`) ends the program.
    public init<S: Stage>(_ stage: S) where S.Output == Value {
        let key = Key(of: stage, name: S.name, version: S.version, kind: .stage)
        node = Node(key: key, work: StageWork(stage: stage))
    }

    /// The promise of the value that the plan's artifact will have.
    public init<P: Plan>(_ plan: P) where P.Output == Value {
        let key = Key(of: plan, name: P.name, version: P.version, kind: .plan)
        node = Node(key: key, work: PlanWork(plan: plan))
    }

    private init(node: Node) { self.node = node }

    /// The same promise with more tags. Tags are not part of the digest; whatever is built on the artifact inherits them.
    ///
    /// Levels of a tag are separated by `/`: invalidating `font` reaches `font/Lato`.
    /// A tag is also how a dependency is named that has no digest: what uses the company's slide template, wherever that
    /// lies, is tagged `template/company`, and who changes the template invalidates the tag.
    public func tagged(_ tags: String...) -> Artifact { Artifact(node: node.tagged(tags)) }

    /// The same work under an identity of its own: nobody finds it who does not name the partition too, levels count it
    /// against the partition's quota, and all this holds for whatever is built on it.
    ///
    ///     let photo = try Artifact.file(path: "photo.png").partitioned("tenant/a")
    ///
    /// So a source that is partitioned keeps everything apart. What is built on several partitions has an identity that
    /// no single one of them has, and counts against the first, in the order of the stage's properties. A partition of a
    /// partition counts against the outer one.
    public func partitioned(_ name: String) -> Artifact { Artifact(node: node.partitioned(name)) }
}

extension Artifact where Value == Blob {
    /// A source held in memory, named by the digest of its bytes.
    public static func bytes(_ bytes: [UInt8]) -> Artifact { blob(Blob(bytes)) }

    /// A source that is a blob already.
    public static func blob(_ blob: Blob) -> Artifact {
        Artifact(node: Node(digest: Digest(hashing: blob), work: BytesWork(blob: blob)))
    }

    /// A source in a file, named by the digest of its bytes; the bytes are read when a stage needs them.
    ///
    /// The file is hashed now, unless it was before and has kept device, inode, size and times since. When a stage
    /// needs the bytes they are read and hashed again: other bytes are an error, never another picture's result.
    ///
    /// - Parameter limit: Most bytes; a larger file is refused before it is read.
    /// - Throws: `SourceError`.
    public static func file(path: String, limit: Int = 1 << 32) throws(SourceError) -> Artifact {
        try file(path: path, limit: limit, memo: .shared)
    }

    /// A source by the digest its file's bytes had before, as a record of it names them. Nothing is read now.
    ///
    /// When a stage needs the bytes they are read and hashed: a file that has gone or holds other bytes is a
    /// `SourceError` then. What is found in a level needs no file.
    public static func file(path: String, expecting digest: Digest) -> Artifact {
        Artifact(node: Node(digest: digest, work: FileWork(file: SourceFile(recorded: path), digest: digest)))
    }

    /// The same, but a file of at most `kept` bytes stays in memory: it is read once, and nobody waits for it.
    package static func file(path: String, limit: Int, keepingUpTo kept: Int) throws(SourceError) -> Artifact {
        if kept > 0, let blob = try SourceFile.small(path: path, limit: min(kept, limit)) {
            return Artifact(node: Node(digest: Digest(hashing: blob), work: BytesWork(blob: blob, path: path)))
        }
        return try file(path: path, limit: limit)
    }

    static func file(path: String, limit: Int = 1 << 32, memo: StatMemo) throws(SourceError) -> Artifact {
        let (file, digest) = try SourceFile.identify(path: path, limit: limit, memo: memo)
        return Artifact(node: Node(digest: digest, work: FileWork(file: file, digest: digest)))
    }
}

extension Artifact where Value == Blob {
    /// The bytes of a source that has them in memory.
    package var keptBytes: Blob? { (node.work as? BytesWork)?.blob }

    /// The bytes of a source, read now where they lie in a file; nil for what a stage makes, and for a file that is not as it was named.
    package func sourceBytes() -> Blob? {
        if let bytes = node.work as? BytesWork { return bytes.blob }
        // Whoever needs the bytes will read them again and say what is wrong.
        return (node.work as? FileWork).flatMap { try? $0.file.read(expecting: $0.digest) }
    }
}

extension Artifact: Encodable {
    /// As part of a stage it writes its digest into the key and becomes an input; elsewhere it is the digest's text.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? KeyEncoder {
            encoder.encode(node)
        } else {
            var container = encoder.singleValueContainer()
            try container.encode(digest.description)
        }
    }
}
