public import AtelierJSON

/// Names and JSON values that travel with a part, in the order they were set.
///
///     var metadata: Metadata = ["page": 3]
///     metadata["source"] = "scan.pdf"
///
/// A handful of entries: looking one up walks over all.
public struct Metadata: Sendable, ExpressibleByDictionaryLiteral {
    /// Names with their values; every name stands once.
    public private(set) var members: [JSON.Member]

    /// No entries.
    public init() { members = [] }

    /// Entries; of two with the same name the later holds.
    public init(dictionaryLiteral entries: (String, JSON)...) {
        members = []
        members.reserveCapacity(entries.count)
        for (name, value) in entries { self[name] = value }
    }

    /// The members of a JSON object, of which every name must stand once.
    init(unchecked members: [JSON.Member]) { self.members = members }

    /// Whether there are no entries.
    public var isEmpty: Bool { members.isEmpty }

    /// The value under a name; setting nil removes it.
    public subscript(name: String) -> JSON? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(JSON.Member(name, value))
            case (nil, nil): break
            }
        }
    }

    /// The entries with those of `other` set over them.
    public func merging(_ other: Metadata) -> Metadata {
        var merged = self
        for member in other.members { merged[member.name] = member.value }
        return merged
    }

    /// When a part was recorded; it never counts when parts are compared.
    static let captureTime = "capture_time"

    /// Whether both hold the same but for `capture_time`; order does not count.
    func isEqualButForCaptureTime(_ other: Metadata) -> Bool {
        if members.isEmpty && other.members.isEmpty { return true }
        func counted(_ members: [JSON.Member]) -> Int { members.count { $0.name != Metadata.captureTime } }
        return counted(members) == counted(other.members)
            && members.allSatisfy { $0.name == Metadata.captureTime || other[$0.name] == $0.value }
    }
}

extension Metadata: Hashable {
    /// Whether both hold the same entries; order does not count.
    public static func == (a: Metadata, b: Metadata) -> Bool {
        a.members.count == b.members.count && a.members.allSatisfy { b[$0.name] == $0.value }
    }

    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(members.count) }
}
