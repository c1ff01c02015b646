import Testing

/// A type, function, property or enum case, and where it is declared.
struct Declaration: Equatable {
    var name: String
    var file: String
    var line: Int
}

/// Declarations of types, functions, properties and cases in a file.
func declarations(in file: SourceFile) -> [Declaration] {
    let keywords: Set<Substring> = ["func", "struct", "enum", "class", "actor", "protocol", "typealias", "let", "var", "case"]
    var found: [Declaration] = []
    // Lines inside function bodies declare locals, which the compiler watches over; only members and globals count.
    // Cases with raw values are made from data, such as names in a file, and need no mention.
    enum Scope { case statements, rawCases, members }
    var scopes: [Scope] = []
    for (index, line) in file.swift.code.enumerated() {
        let words = SwiftText.words(in: line)
        let isStatement = scopes.last == .statements
        let position = words.firstIndex { keywords.contains($0) }
        let isCase = words.first == "case" || words.first == "indirect"
        if !isStatement, !(isCase && scopes.last == .rawCases), let position, position + 1 < words.count, !line.contains("override "),
            words[position] != "case" || isCase
        {
            var name = words[position + 1]
            if words[position] == "class", name == "func" || name == "var", position + 2 < words.count { name = words[position + 2] }
            // `case a, b(Int)` declares every name before a parenthesis or an equals sign.
            if words[position] == "case" {
                let names = line.drop { $0 != "e" }.dropFirst().split(separator: ",").compactMap { SwiftText.words(in: String($0)).first }
                found += names.filter { line.contains("case") && $0.first!.isLowercase }.map {
                    Declaration(name: String($0), file: file.path, line: index + 1)
                }
            } else {
                found.append(Declaration(name: String(name), file: file.path, line: index + 1))
            }
        }
        let opensType = words.contains { ["struct", "enum", "class", "actor", "protocol", "extension"].contains($0) }
        let isRaw =
            words.contains("enum") && words.contains { ["String", "UInt8", "UInt16", "UInt32", "Int", "CaseIterable"].contains($0) }
        for character in line {
            if character == "{" { scopes.append(isStatement || !opensType ? .statements : isRaw ? .rawCases : .members) }
            if character == "}" { _ = scopes.popLast() }
        }
    }
    return found
}

/// Declarations in `Sources` whose name appears nowhere else in the code of the project, tests included.
///
/// Names are compared, not symbols: an overload or a namesake hides a dead one. What is found is dead for certain,
/// unless something outside Swift calls it (`@_cdecl`, `@_expose`) or a protocol of the standard library asks for it.
func deadDeclarations(in files: [SourceFile]) -> [Finding] {
    // Requirements of the standard library's protocols, called by it alone.
    let calledFromOutside: Set<String> = [
        "main", "hash", "_rawHashValue", "encode",
        "description", "debugDescription", "errorDescription", "stringValue", "intValue", "codingPath",
        "userInfo", "customMirror", "hashValue", "unownedExecutor", "enqueue", "allKeys", "singleValueContainer", "unkeyedContainer",
        "container",
        "superEncoder", "superDecoder", "nestedContainer", "nestedUnkeyedContainer", "encodeNil", "encodeIfPresent", "decodeNil",
        "subscript", "init", "deinit", "body", "CodingKeys", "Element", "Iterator", "AsyncIterator", "Failure", "RawValue", "ID",
        "Output", "Value", "Key", "Index", "SubSequence", "Indices", "ArrayLiteralElement", "StringLiteralType", "Scalar",
    ]
    let swift = files.filter(\.isSwift)
    var uses: [String: Int] = [:]
    for file in swift {
        for line in file.swift.code {
            for word in SwiftText.words(in: line) { uses[String(word), default: 0] += 1 }
        }
    }
    return swift.filter { $0.isIn("Sources") }.flatMap { file in
        declarations(in: file).filter { declaration in
            guard uses[declaration.name] == 1, !calledFromOutside.contains(declaration.name) else { return false }
            let line = file.lines[declaration.line - 1], above = declaration.line > 1 ? file.lines[declaration.line - 2] : ""
            return !(line + above).contains("@_cdecl") && !(line + above).contains("@_expose") && !(line + above).contains("@main")
        }
        .map { Finding(file, line: $0.line, "nothing mentions `\($0.name)`") }
    }
}

/// Swift files without a declaration or a statement.
func emptyFiles(in files: [SourceFile]) -> [Finding] {
    files.filter(\.isSwift).filter { file in
        !file.swift.code.contains { line in
            let words = SwiftText.words(in: line)
            return !words.isEmpty && !words.contains("import")
        } && file.name != "Exports.swift"
    }
    .map { Finding($0, "holds no code") }
}

@Suite("Dead code")
struct DeadCodeTests {
    @Test("Every declaration of Sources is mentioned somewhere else")
    func everythingIsUsed() {
        #expect(deadDeclarations(in: SourceTree.swift) == [])
    }

    @Test("No Swift file is empty")
    func noEmptyFile() {
        #expect(emptyFiles(in: SourceTree.swift) == [])
    }

    @Test("The checks fault an unused type, function, property and case, and leave used ones and locals alone")
    func checksCanFail() {
        let room = SourceFile(
            "Sources/Room/A.swift",
            """
            struct Used { var value = 1, text = "Forgotten" }
            struct Forgotten {
                let unread = 2
                enum Kind { case
                    taken }
                enum Name: String { case fromAFile
                    case another }
                enum Side {
                    case left, missing(Int)
                }
                func lost() {
                    let local = "\\(Used().value)" // lost, unread
                }
            }
            @_cdecl("x_run") public func xRun() {}
            """)
        let user = SourceFile("Sources/Room/B.swift", "import Room\nfunc user() { print(Used(), Side.left, Kind.self, taken) }")
        let main = SourceFile("Sources/Room/main.swift", "user(); Forgotten.Side.self; Forgotten.Name.self")
        let names = deadDeclarations(in: [room, user, main]).map(\.message)
        #expect(names == ["`unread`", "`missing`", "`lost`"].map { "nothing mentions \($0)" })
        #expect(
            emptyFiles(in: [room, SourceFile("Sources/Room/C.swift", "// nothing\nimport Glibc\n")]).map(\.path) == ["Sources/Room/C.swift"]
        )
    }
}
