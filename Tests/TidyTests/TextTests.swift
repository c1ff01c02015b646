import Testing

/// Reminders without the number of the issue they belong to.
func strayReminders(in files: [SourceFile]) -> [Finding] {
    findings(in: files.filter { !$0.isIn("Tests/TidyTests") }) { line in
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "#") }
        guard let mark = words.firstIndex(where: { ["TODO", "FIXME", "XXX", "HACK"].contains($0) }) else { return nil }
        let hasIssue = words[mark...].contains { $0.first == "#" && $0.count > 1 && $0.dropFirst().allSatisfy(\.isNumber) }
        return hasIssue ? nil : "\(words[mark]) without the number of an issue"
    }
}

/// Paths that exist on one machine only. Tests may name made-up homes.
func machinePaths(in files: [SourceFile]) -> [Finding] {
    let everywhere = ["root", "work", "opt/swift", "tmp/build"]
    return machinePaths(everywhere + ["home", "Users"], in: files.filter { !$0.isIn("Tests") })
        + machinePaths(everywhere, in: files.filter { $0.isIn("Tests") && !$0.isIn("Tests/TidyTests") })
}

private func machinePaths(_ folders: [String], in files: [SourceFile]) -> [Finding] {
    findings(in: files) { line in
        for folder in folders {
            guard let place = line.firstRange(of: "/\(folder)/") else { continue }
            // A path begins at the start of the line or after something that is no part of a name or a longer path.
            let before = place.lowerBound == line.startIndex ? " " : line[line.index(before: place.lowerBound)]
            guard before.isLetter || before.isNumber || "._-~/{}*)>]".contains(before) else { return "a path of one machine: /\(folder)/…" }
        }
        return nil
    }
}

/// Code that was switched off by a comment.
func commentedOutCode(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.isSwift && !$0.isIn("Tests/TidyTests") }.flatMap { file in
        file.swift.comments.enumerated().compactMap { index, comment in
            guard comment.hasPrefix("//"), !comment.hasPrefix("///") else { return nil }
            let text = String(comment.dropFirst(2).drop { $0 == " " })
            return looksLikeCode(text) ? Finding(file, line: index + 1, "commented-out code: \(text)") : nil
        }
    }
}

/// Whether a comment reads as a Swift statement rather than as a sentence.
private func looksLikeCode(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    guard let first = words.first, let last = text.last else { return false }
    if ["}", "})", "},", "} else {", "]", ")"].contains(text) { return true }
    let modifiers: Set<Substring> = ["public", "private", "package", "internal", "static", "mutating", "final", "@inlinable"]
    let head = words.drop { modifiers.contains($0) }
    switch head.first ?? first {
    case "let", "var": return text.contains(" = ") && !text.hasSuffix(".") && head.count > 3 || text.contains(": ") && text.contains(" = ")
    case "func": return text.contains("(") && (last == "{" || text.contains(") ->") || last == "}" || last == ")")
    case "if", "guard", "for", "while", "switch", "do", "else", "struct", "enum", "class", "extension":
        return last == "{" || text.hasSuffix(" }")
    case "import": return words.count == 2 && !text.hasSuffix(".")
    case "return": return words.count <= 2 && (last == ")" || last == "]") || text == "return"
    case "try", "await": return last == ")"
    default: break
    }
    // A call or an assignment alone on its line.
    if words.count == 1, last == ")", first.contains("("), first.first?.isLetter == true { return true }
    return words.count >= 3 && ["=", "+=", "-="].contains(words[1]) && (last == ")" || last == "]" || words.count == 3)
        && first.allSatisfy { $0.isLetter || $0.isNumber || "._[]".contains($0) } && first.first?.isLowercase == true && last != "."
}

/// Names that say nothing about what is inside.
func emptyNames(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.isIn("Sources", "Tests", "Benchmarks", "Examples") }.compactMap { file in
        let stems = file.folders + [String(file.name.prefix { $0 != "." })]
        for stem in stems {
            for word in ["Utils", "Utilities", "Helper", "Helpers", "Common", "Misc", "Manager", "Placeholder"] where stem.hasSuffix(word) {
                return Finding(file, "`\(stem)` does not say what is inside")
            }
        }
        return nil
    }
}

private func findings(in files: [SourceFile], _ check: (String) -> String?) -> [Finding] {
    files.flatMap { file in
        file.lines.enumerated().compactMap { index, line in check(line).map { Finding(file, line: index + 1, $0) } }
    }
}

@Suite("Text")
struct TextTests {
    @Test("Every reminder names its issue")
    func remindersNameIssues() { #expect(strayReminders(in: SourceTree.files) == []) }

    @Test("No path of one machine is written down")
    func noMachinePaths() { #expect(machinePaths(in: SourceTree.files) == []) }

    @Test("No code is switched off by comments")
    func noCommentedOutCode() { #expect(commentedOutCode(in: SourceTree.swift) == []) }

    @Test("Folder and file names say what is inside")
    func namesSaySomething() { #expect(emptyNames(in: SourceTree.files) == []) }

    @Test("The checks fault a stray reminder, a machine's path, dead code in comments and an empty name, and pass sentences")
    func checksCanFail() {
        let bad = SourceFile(
            "Sources/SVG/Helpers/Units.swift",
            """
            // TODO: later
            // TODO(#12): units of text
            let path = "/home/me/x.png", other = "docs/home/x", url = "https://x.org/work/y"
            // let x = f(y) + 1
            // return width * height pixels, never more.
            // let the caller decide.
            // if there is no palette, use two colours
            // }
            // encode(raster)
            // total += sum(of: parts)
            // where x = a + b is the offset
            /// let example = Artifact(x)
            """)
        #expect(strayReminders(in: [bad]).map(\.line) == [1])
        #expect(machinePaths(in: [bad]).map(\.line) == [3])
        #expect(commentedOutCode(in: [bad]).map(\.line) == [4, 8, 9, 10])
        #expect(emptyNames(in: [bad]).count == 1)
        #expect(emptyNames(in: [SourceFile("Sources/SVG/Resolver/Units.swift", "")]) == [])
    }
}
