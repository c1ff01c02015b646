import AtelierMemo

/// A number as a value that can leave memory.
struct Number: Storable, Equatable {
    var value: Int

    init(_ value: Int) { self.value = value }

    var byteCount: Int { 8 }
    static var format: StorageFormat<Number>? {
        StorageFormat(
            name: "number", version: 1, encode: { Blob(Array(String($0.value).utf8)) },
            decode: { blob in
                guard let value = blob.withUnsafeBytes({ Int(String(decoding: $0, as: UTF8.self)) }) else { throw NotANumber() }
                return Number(value)
            })
    }
}

struct NotANumber: Error {}

/// A value that stays in memory and says what it weighs.
struct Weight: Storable, Equatable {
    var byteCount: Int
}

struct Constant: Stage {
    static let name = "test.constant", version = 1
    var value: Int
    func run(in context: Context) -> Number { Number(value) }
}

struct Sum: Stage {
    static let name = "test.sum", version = 1
    var terms: [Artifact<Number>]
    func run(in context: Context) -> Number { Number(terms.reduce(0) { $0 + context[$1].value }) }
}

struct Increment: Stage {
    static let name = "test.increment", version = 1
    var of: Artifact<Number>
    func run(in context: Context) -> Number { Number(context[of].value + 1) }
}

func everything() -> MemoryStore { MemoryStore(admitting: .everything) }
