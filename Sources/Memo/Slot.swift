import Synchronization

/// What an entry is: header and payload in one object, with what the memory level counts, so that a hit touches one
/// object and `Entry` copies as one reference.
///
/// A value stands in the object itself (`ValueSlot`), not in an existential: finding and handing out a value whose type the
/// caller names takes a comparison and one copy, where an existential takes three copies (measured: 360 instructions).
///
/// Safe to share: `place` and `scope` change under the order lock of the one store that made the slot, `frequency` is
/// atomic, the rest never changes.
class Slot: @unchecked Sendable {
    /// How often the memory level was asked for it. It stands here, beside the counter of references, since a hit
    /// writes both: one line of memory instead of two.
    let frequency = Atomic<UInt64>(1)
    /// The type of a `ValueSlot`'s value; nil for other payloads.
    fileprivate final let type: ObjectIdentifier?
    /// Counted against every bound of the memory level.
    final let bytes: Int
    /// Where it stands in the queue of its scope.
    final var place = 0
    /// In which scope it stands.
    final var scope = 0

    fileprivate init(bytes: Int, type: ObjectIdentifier?) { (self.bytes, self.type) = (bytes, type) }

    // The two that follow are overridden by every subclass.
    /// What is known about the entry.
    var header: EntryHeader { preconditionFailure("a slot without a header") }
    /// The thing itself.
    var payload: Entry.Payload { preconditionFailure("a slot without a payload") }

    /// A slot of its own for an entry that the memory level counts with so many bytes.
    static func make(_ header: EntryHeader, _ payload: Entry.Payload, bytes: Int = 0) -> Slot {
        if case .value(let value) = payload { value.slot(header, bytes: bytes) } else { PayloadSlot(header, payload, bytes: bytes) }
    }

    /// The value, if it is kept as a value of this type. O(1).
    final func value<Value: Storable>(of type: Value.Type) -> Value? {
        // Only `ValueSlot<Value>` is made with this type.
        self.type == ObjectIdentifier(type) ? unsafeDowncast(self, to: ValueSlot<Value>.self).value : nil
    }
}

/// A slot with a value of this type. Safe to share: what it adds never changes.
private final class ValueSlot<Value: Storable>: Slot, @unchecked Sendable {
    // Before the header, which a hit does not read.
    let value: Value
    private let known: EntryHeader

    init(_ header: EntryHeader, _ value: Value, bytes: Int) {
        (self.value, known) = (value, header)
        super.init(bytes: bytes, type: ObjectIdentifier(Value.self))
    }

    override var header: EntryHeader { known }
    override var payload: Entry.Payload { .value(value) }
}

/// A slot with anything else. Safe to share: what it adds never changes.
private final class PayloadSlot: Slot, @unchecked Sendable {
    private let kept: Entry.Payload
    private let known: EntryHeader

    init(_ header: EntryHeader, _ payload: Entry.Payload, bytes: Int) {
        (kept, known) = (payload, header)
        super.init(bytes: bytes, type: nil)
    }

    override var header: EntryHeader { known }
    override var payload: Entry.Payload { kept }
}

extension Storable {
    fileprivate func slot(_ header: EntryHeader, bytes: Int) -> Slot { ValueSlot(header, self, bytes: bytes) }
}
