package import AtelierMemo
@_spi(Reflection) import Swift

/// What is wrong with the key of a stage: properties it leaves out, and properties that change without changing the
/// digest. Empty when rule 1 of the design holds for it.
///
///     #expect(keyProblems(of: Trace(image: image)) == [])
///     #expect(keyProblems(of: Fit(image: image), changing: ["mode": { $0.mode = .dots(radius: 3) }]) == [])
///
/// Every stored property is changed in a copy of its own, also those inside option structs: a number by one step, a
/// flag to its opposite, a text by a letter, an enum to its next case, an array by an element, an optional to nil or to
/// a value, an artifact to another. Where this cannot know another value (an enum with payloads, an empty array of
/// structs), the caller says one under the property's path, such as `options.mode`.
package func keyProblems<S: Stage>(of stage: S, changing: [String: (inout S) -> Void] = [:]) -> [String] {
    keyProblems(stage, record: KeyRecord(of: stage), changing: changing) { Artifact($0).digest }
}

/// The same for a plan.
package func keyProblems<P: Plan>(of plan: P, changing: [String: (inout P) -> Void] = [:]) -> [String] {
    keyProblems(plan, record: KeyRecord(of: plan), changing: changing) { Artifact($0).digest }
}

private func keyProblems<Value>(
    _ value: Value, record: KeyRecord, changing: [String: (inout Value) -> Void], digest: (Value) -> Digest
) -> [String] {
    var problems: [String] = []
    for child in Mirror(reflecting: value).children {
        // Property wrappers store under an underscore and encode without.
        let label = child.label ?? "?", name = label.hasPrefix("_") ? String(label.dropFirst()) : label
        if !record.fields.contains(name) { problems.append("\(name) is stored and not encoded") }
    }
    let before = digest(value)
    if digest(value) != before { problems.append("two digests of one value differ") }
    var seen: [Digest: String] = [before: "nothing"]
    func check(_ path: String, _ changed: Value) {
        let after = digest(changed)
        if let other = seen[after] { problems.append("changing \(path) gives the digest of changing \(other)") }
        seen[after] = path
    }

    var unused = Set(changing.keys)
    for leaf in leaves(of: Value.self, path: "", offset: 0, except: Set(changing.keys)) {
        unused.remove(leaf.path)
        var changed = value
        if let change = changing[leaf.path] {
            change(&changed)
        } else if !withUnsafeMutableBytes(of: &changed, { leaf.change($0.baseAddress! + leaf.offset) }) {
            problems.append("\(leaf.path) has no other value this could try: say one under `changing`")
            continue
        }
        check(leaf.path, changed)
    }
    for path in unused.sorted() { problems.append("\(path) is not a stored property") }
    return problems
}

/// A stored property that is changed as a whole.
private struct Leaf {
    var path: String
    var offset: Int
    /// Puts another value in place; returns false when it knows none.
    var change: (UnsafeMutableRawPointer) -> Bool
}

private func leaves(of type: Any.Type, path: String, offset: Int, except given: Set<String>) -> [Leaf] {
    var found: [Leaf] = []
    _ = _forEachField(of: type, options: []) { name, fieldOffset, fieldType, _ in
        let path = path.isEmpty ? String(cString: name) : path + "." + String(cString: name)
        let offset = offset + fieldOffset
        if given.contains(path) {
            found.append(Leaf(path: path, offset: offset) { _ in false })
        } else if let changer = changer(for: fieldType) {
            found.append(Leaf(path: path, offset: offset, change: changer))
        } else {
            let inner = leaves(of: fieldType, path: path, offset: offset, except: given)
            found += inner.isEmpty ? [Leaf(path: path, offset: offset) { _ in false }] : inner
        }
        return true
    }
    return found
}

private func changer(for type: Any.Type) -> ((UnsafeMutableRawPointer) -> Bool)? {
    func open<T>(_ type: T.Type) -> ((UnsafeMutableRawPointer) -> Bool)? {
        if let type = type as? any Changeable.Type { return changer(type) }
        if let type = type as? any CaseIterable.Type { return caseChanger(type) }
        return nil
    }
    return open(type)
}

private func changer<T: Changeable>(_ type: T.Type) -> (UnsafeMutableRawPointer) -> Bool {
    { pointer in pointer.assumingMemoryBound(to: T.self).pointee.change() }
}

private func caseChanger<T: CaseIterable>(_ type: T.Type) -> (UnsafeMutableRawPointer) -> Bool {
    { pointer in
        let pointer = pointer.assumingMemoryBound(to: T.self), current = String(reflecting: pointer.pointee)
        guard let other = T.allCases.first(where: { String(reflecting: $0) != current }) else { return false }
        pointer.pointee = other
        return true
    }
}

/// A value that knows another of its kind.
private protocol Changeable {
    /// Becomes another value; returns false when it knows none.
    mutating func change() -> Bool
}

private protocol Sampled {
    static var sample: Self { get }
}

extension FixedWidthInteger {
    fileprivate mutating func step() -> Bool {
        self = self == .max ? self - 1 : self + 1
        return true
    }
}

extension Int: Changeable, Sampled {
    fileprivate static var sample: Int { 7 }
    fileprivate mutating func change() -> Bool { step() }
}
extension Int8: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension Int16: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension Int32: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension Int64: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension UInt: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension UInt8: Changeable, Sampled {
    fileprivate static var sample: UInt8 { 7 }
    fileprivate mutating func change() -> Bool { step() }
}
extension UInt16: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension UInt32: Changeable { fileprivate mutating func change() -> Bool { step() } }
extension UInt64: Changeable { fileprivate mutating func change() -> Bool { step() } }

extension Double: Changeable, Sampled {
    fileprivate static var sample: Double { 0.75 }
    fileprivate mutating func change() -> Bool {
        self = isFinite ? nextUp : 0
        return true
    }
}

extension Float: Changeable, Sampled {
    fileprivate static var sample: Float { 0.75 }
    fileprivate mutating func change() -> Bool {
        self = isFinite ? nextUp : 0
        return true
    }
}

extension Bool: Changeable, Sampled {
    fileprivate static var sample: Bool { true }
    fileprivate mutating func change() -> Bool {
        toggle()
        return true
    }
}

extension String: Changeable, Sampled {
    fileprivate static var sample: String { "a" }
    fileprivate mutating func change() -> Bool {
        append("a")
        return true
    }
}

extension Optional: Changeable {
    fileprivate mutating func change() -> Bool {
        if self != nil {
            self = nil
            return true
        }
        self = sample(of: Wrapped.self)
        return self != nil
    }
}

extension Array: Changeable {
    fileprivate mutating func change() -> Bool {
        if popLast() != nil { return true }
        guard let sample = sample(of: Element.self) else { return false }
        append(sample)
        return true
    }
}

extension Set: Changeable {
    fileprivate mutating func change() -> Bool {
        if popFirst() != nil { return true }
        guard let sample = sample(of: Element.self) else { return false }
        return insert(sample).inserted
    }
}

extension Dictionary: Changeable {
    fileprivate mutating func change() -> Bool {
        if popFirst() != nil { return true }
        guard let key = sample(of: Key.self), let value = sample(of: Value.self) else { return false }
        self[key] = value
        return true
    }
}

extension Artifact: Changeable, Sampled {
    fileprivate static var sample: Artifact { Artifact(Other<Value>()) }
    fileprivate mutating func change() -> Bool {
        self = .sample
        return true
    }
}

/// Stands for an input; never made.
private struct Other<Output: Storable>: Stage {
    static var name: String { "test.other" }
    static var version: Int { 1 }
    func run(in context: Context) throws -> Output { throw NeverMade() }
}

private struct NeverMade: Error {}

private func sample<T>(of type: T.Type) -> T? {
    if let sampled = type as? any Sampled.Type { return sampled.sample as? T }
    if let cases = type as? any CaseIterable.Type { return firstCase(cases) as? T }
    return nil
}

private func firstCase<T: CaseIterable>(_ type: T.Type) -> Any? { T.allCases.first }
