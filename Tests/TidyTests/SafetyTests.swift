import Testing

/// Places where a promise to the compiler, or an error let go, stands without a comment that says why it holds.
func unexplainedPromises(in files: [SourceFile]) -> [Finding] {
    let promises = [
        "@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency", "try?", "try!", "unsafeBitCast(",
    ]
    return files.filter { $0.isSwift && $0.isIn("Sources") }.flatMap { file -> [Finding] in
        let text = file.swift
        return text.code.enumerated().compactMap { index, line -> Finding? in
            guard let promise = promises.first(where: line.contains) else { return nil }
            return isExplained(index, in: text)
                ? nil : Finding(file, line: index + 1, "`\(promise)` without a comment that says why it holds")
        }
    }
}

/// Whether a comment stands on a line or directly above the statement it belongs to (up to four lines, no blank one between).
private func isExplained(_ index: Int, in text: SwiftText) -> Bool {
    if !text.comments[index].isEmpty { return true }
    for above in stride(from: index - 1, through: max(0, index - 4), by: -1) {
        if !text.comments[above].isEmpty { return true }
        let code = text.code[above].filter { $0 != " " }
        if code.isEmpty || code == "}" { return false }
    }
    return false
}

/// `catch` blocks with nothing in them.
func silentCatches(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.isSwift && $0.isIn("Sources") }.flatMap { file -> [Finding] in
        let text = file.swift
        return text.code.enumerated().compactMap { index, line -> Finding? in
            let packed = line.filter { $0 != " " }
            let next = index + 1 < text.code.count ? text.code[index + 1].filter { $0 != " " } : ""
            let isEmpty = packed.contains("catch{}") || packed.hasSuffix("catch{") && next == "}"
            guard isEmpty, text.comments[index].isEmpty else { return nil }
            return Finding(file, line: index + 1, "an error is dropped without a comment that says why")
        }
    }
}

/// Build settings that take a package out of every other package's reach, or switch checks off.
func unsafeSettings(in manifest: SourceFile) -> [Finding] {
    manifest.swift.code.enumerated().compactMap { index, line in
        line.contains("unsafeFlags") ? Finding(manifest, line: index + 1, "unsafeFlags: nobody could depend on this package") : nil
    }
}

/// Public declarations without a documentation comment, cases of public enums included.
///
/// The formatter's rule covers most of it; this one also looks at enum cases and protocol requirements.
func undocumentedSymbols(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.isSwift && $0.isIn("Sources") }.flatMap { file -> [Finding] in
        let text = file.swift
        var findings: [Finding] = []
        // Cases of a public enum and requirements of a public protocol are public without saying so.
        enum Scope { case publicEnum, publicProtocol, other }
        var scopes: [Scope] = []
        for (index, line) in text.code.enumerated() {
            let words = SwiftText.words(in: line)
            let kinds: Set<Substring> = [
                "func", "struct", "enum", "class", "actor", "protocol", "typealias", "let", "var", "init", "subscript", "associatedtype",
                "case",
            ]
            let kind = words.first { kinds.contains($0) }
            let isCase = words.first == "case" || words.first == "indirect"
            let isMember = scopes.last == .publicEnum && isCase || scopes.last == .publicProtocol && kind != nil
            let isPublic = words.first == "public" || words.first == "open" || words.dropFirst().first == "public"
            if let kind, isPublic || isMember, !words.contains("override"), !words.contains("extension"), !words.contains("import") {
                // Look upwards over attributes and wrapped lines for `///`.
                var above = index - 1
                while above >= 0, text.comments[above].isEmpty, text.code[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
                let isDocumented = above >= 0 && text.comments[above].hasPrefix("///") || text.comments[index].hasPrefix("///")
                if !isDocumented { findings.append(Finding(file, line: index + 1, "a public \(kind) without documentation")) }
            }
            let opened: Scope =
                !isPublic ? .other : words.contains("enum") ? .publicEnum : words.contains("protocol") ? .publicProtocol : .other
            for character in line {
                if character == "{" { scopes.append(opened) }
                if character == "}" { _ = scopes.popLast() }
            }
        }
        return findings
    }
}

@Suite("Safety")
struct SafetyTests {
    @Test("Unchecked promises and dropped errors carry a comment")
    func promisesAreExplained() {
        #expect(unexplainedPromises(in: SourceTree.swift) == [])
        #expect(silentCatches(in: SourceTree.swift) == [])
    }

    @Test("The manifest uses no unsafe flags and the formatter asks for documentation")
    func settingsAreStrict() {
        #expect(unsafeSettings(in: SourceTree.manifest) == [])
        let formatter = SourceTree.files.first { $0.path == "test" }?.lines.joined() ?? ""
        #expect(formatter.contains("swift format lint --strict"), "./test lints")
    }

    @Test("Every public symbol is documented")
    func publicSymbolsAreDocumented() {
        #expect(undocumentedSymbols(in: SourceTree.swift) == [])
    }

    @Test("The checks fault a bare promise, a silent catch, unsafe flags and an undocumented symbol")
    func checksCanFail() {
        let file = SourceFile(
            "Sources/Memo/Box.swift",
            """
            /// Documented.
            public enum Kind {
                case bare
                /// Said.
                case said
                func inner() {}
            }

            final class Box: @unchecked Sendable {
                func f() { do { try g() } catch {} }
                // Guarded by `lock`.
                nonisolated(unsafe) var x = 0
            }
            @inlinable
            public func h() {
                switch kind { case .bare: break }
            }
            let text = "try? @unchecked Sendable"
            """)
        #expect(unexplainedPromises(in: [file]).map(\.line) == [9])
        #expect(silentCatches(in: [file]).map(\.line) == [10])
        #expect(undocumentedSymbols(in: [file]).map(\.line) == [3, 15])
        #expect(unsafeSettings(in: SourceFile("Package.swift", "// unsafeFlags\n.unsafeFlags([x])")).map(\.line) == [2])
    }
}
