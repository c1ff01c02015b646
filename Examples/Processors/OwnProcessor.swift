import Atelier

/// Looks at one part at a time: many can be under way at once, and neighbours run as one loop.
struct Words: SynchronousPartProcessor {
    func match(_ part: Part) -> Bool { part.isText }

    func process(_ part: Part, into emitter: inout Emitter) throws {
        for word in try part.text.split(separator: " ") { emitter.emit(part.replacing(text: String(word))) }
    }
}

/// Looks at the whole stream.
struct Count: Processor {
    func process(_ input: PartStream, into output: Output) async throws {
        var count = 0
        for try await part in input {
            count += 1
            try await output.emit(part)
        }
        try await output.emit(Part("\(count) words"))
    }
}

func ownProcessor(_ arguments: [String]) async throws {
    let shout = PartFunction { part, emitter in emitter.emit(part.replacing(text: try part.text.uppercased())) }
    let line = Words() + shout + Count()
    for try await part in line(Content(arguments.map { Part($0) })) { print(try part.text) }
}
