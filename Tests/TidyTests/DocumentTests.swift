import Testing

/// A fenced block of a Markdown file.
struct CodeBlock {
    /// Words after the opening fence: language, then the file quoted.
    var info: [String]
    var lines: [String]
    /// Line of the opening fence, counted from one.
    var line: Int
}

/// The fenced blocks of a Markdown file.
func codeBlocks(in file: SourceFile) -> [CodeBlock] {
    var blocks: [CodeBlock] = [], open: CodeBlock?
    for (index, line) in file.lines.enumerated() {
        if line.hasPrefix("```") {
            if let block = open {
                blocks.append(block)
                open = nil
            } else {
                open = CodeBlock(info: line.dropFirst(3).split(separator: " ").map(String.init), lines: [], line: index + 1)
            }
        } else {
            open?.lines.append(line)
        }
    }
    return blocks
}

/// Swift blocks of documents that do not equal a region of the file they name, or name none.
///
/// A block opens with ```` ```swift Examples/Trace/main.swift ````: every line of it stands there in this order without a gap,
/// indented alike. So what a reader copies was compiled.
func driftedQuotes(in documents: [SourceFile], files: [SourceFile]) -> [Finding] {
    documents.filter { $0.path.hasSuffix(".md") }.flatMap { document in
        codeBlocks(in: document).filter { $0.info.first == "swift" }.compactMap { block in
            guard block.info.count > 1 else { return Finding(document, line: block.line, "a Swift block that names no compiled file") }
            guard let source = files.first(where: { $0.path == block.info[1] }), source.isSwift else {
                return Finding(document, line: block.line, "quotes \(block.info[1]), which is not there")
            }
            let quote = unindented(block.lines)
            let isThere =
                !quote.isEmpty
                && source.lines.indices.contains { start in
                    start + quote.count <= source.lines.count && unindented(Array(source.lines[start..<start + quote.count])) == quote
                }
            return isThere ? nil : Finding(document, line: block.line, "differs from \(block.info[1])")
        }
    }
}

/// Lines without the indentation they share; lines of spaces become empty.
private func unindented(_ lines: [String]) -> [String] {
    let shared = lines.filter { $0.contains { $0 != " " } }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return lines.map { String($0.dropFirst(shared)) }
}

/// Links and file names of documents that lead nowhere.
func deadLinks(in documents: [SourceFile], exists: (String) -> Bool) -> [Finding] {
    documents.filter { $0.path.hasSuffix(".md") }.flatMap { document in
        document.lines.enumerated().flatMap { index, line -> [Finding] in
            // `](target)`, with a title or an anchor cut off.
            var findings: [Finding] = []
            for piece in line.ranges(of: "](") {
                let target = String(line[piece.upperBound...].prefix { $0 != ")" && $0 != " " && $0 != "#" })
                guard !target.isEmpty, !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
                let path = normalized(document.folders + target.split(separator: "/").map(String.init))
                if !exists(path) { findings.append(Finding(document, line: index + 1, "links to \(target), which is not there")) }
            }
            // `Examples/…`, `Sources/…`, `docs/…`, `Tests/…`, `tools/…` in the text or a command.
            for word in line.split(whereSeparator: { " `()[],;:\"'|<>".contains($0) }) {
                let path = String(word.hasPrefix("./") ? word.dropFirst(2) : word).trimmingFullStop()
                let first = path.prefix { $0 != "/" }
                guard ["Examples", "Sources", "docs", "Tests", "tools", "Benchmarks"].contains(first), path.contains("/"),
                    !path.contains("*"), !path.contains("…"), !path.contains("{"), !path.contains("NNNN"), !path.contains("]")
                else { continue }
                if !exists(path) { findings.append(Finding(document, line: index + 1, "names \(path), which is not there")) }
            }
            return findings
        }
    }
}

extension String {
    fileprivate func trimmingFullStop() -> String { hasSuffix(".") ? String(dropLast()) : self }
}

private func normalized(_ components: [String]) -> String {
    var path: [String] = []
    for component in components where component != "." {
        if component == ".." { _ = path.popLast() } else { path.append(component) }
    }
    return path.joined(separator: "/")
}

/// Rows of the table of rooms in `docs/architecture.md` that say something other than the manifest.
///
/// A row is `| Room | what it is | → |` where the last cell names the rooms it imports, or says `nothing`. The room's name is
/// a link to the file that begins with `// Room:` and a paragraph on it.
func driftedRooms(in document: SourceFile, files: [SourceFile], manifest: Manifest) -> [Finding] {
    var findings: [Finding] = []
    var drawn: Set<String> = []
    let rooms = manifest.targets.filter { $0.folder.hasPrefix("Sources/") && $0.module.hasPrefix("Atelier") }
    for (index, line) in document.lines.enumerated() where line.hasPrefix("| [`") {
        let cells = line.split(separator: "|").map { $0.filter { $0 != "`" } }
        let name = cells[0].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
        guard let room = rooms.first(where: { $0.folder == "Sources/\(name)" }) else {
            findings.append(Finding(document, line: index + 1, "draws \(name), which is not built"))
            continue
        }
        drawn.insert(room.module)
        let path = String(line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }).replacing("../", with: "")
        let opening = files.first { $0.path == path }?.lines.first ?? ""
        // The tool is one line and needs none.
        if !opening.hasPrefix("// \(name):"), name != "AtelierTool" {
            findings.append(Finding(document, line: index + 1, "links \(name) to \(path), which does not begin with `// \(name):`"))
        }
        let arrows = Set(SwiftText.words(in: String(cells.last ?? "")).map(String.init)).subtracting(["nothing"])
        let real = Set(room.dependencies.map { $0.hasPrefix("CAtelier") ? String($0.dropFirst(8)) : String($0.dropFirst(7)) })
        if arrows != real {
            findings.append(Finding(document, line: index + 1, "draws \(name) → \(arrows.sorted()), the manifest says \(real.sorted())"))
        }
    }
    for room in rooms where !drawn.contains(room.module) {
        findings.append(Finding(document, "does not draw \(room.folder)"))
    }
    return findings
}

/// Decisions with a number twice or left out, without one of the four parts, or named in the project and not there.
func driftedDecisions(in files: [SourceFile]) -> [Finding] {
    let pages = files.filter { $0.isIn("docs/decisions") }
    var findings: [Finding] = []
    for (index, page) in pages.sorted(by: { $0.path < $1.path }).enumerated() {
        let number = String(repeating: "0", count: max(0, 4 - String(index + 1).count)) + String(index + 1)
        if !page.name.hasPrefix(number + "-") { findings.append(Finding(page, "is not number \(number)")) }
        if page.lines.first?.hasPrefix("# \(page.name.prefix(4)) ") != true {
            findings.append(Finding(page, line: 1, "its title lacks its number"))
        }
        for part in ["**Context.**", "**Decision.**", "**Alternatives.**", "**Consequences.**"]
        where !page.lines.contains(where: { $0.hasPrefix(part) }) {
            findings.append(Finding(page, "has no part \(part)"))
        }
    }
    let numbers = Set(pages.map { String($0.name.prefix(4)) })
    for file in files where file.isSwift && !file.isIn("Tests/TidyTests") {
        for (index, line) in file.lines.enumerated() {
            for place in line.ranges(of: "decision ") {
                let number = String(line[place.upperBound...].prefix { $0.isNumber })
                if number.count == 4, !numbers.contains(number) {
                    findings.append(Finding(file, line: index + 1, "names decision \(number), which is not there"))
                }
            }
        }
    }
    return findings
}

@Suite("Documents")
struct DocumentTests {
    let documents = SourceTree.files.filter { $0.path.hasSuffix(".md") }

    @Test("Swift in README and guides is quoted from compiled files")
    func quotesAreCompiled() {
        #expect(driftedQuotes(in: documents, files: SourceTree.swift) == [])
    }

    @Test("Links and paths in documents lead somewhere")
    func linksLead() {
        #expect(deadLinks(in: documents, exists: SourceTree.exists) == [])
    }

    @Test("docs/architecture.md draws the rooms and arrows of the manifest")
    func mapIsTrue() throws {
        let map = try #require(documents.first { $0.path == "docs/architecture.md" })
        #expect(driftedRooms(in: map, files: SourceTree.swift, manifest: Manifest(SourceTree.manifest)) == [])
    }

    @Test("Decisions are numbered without a gap, have their four parts, and those named in code are there")
    func decisionsAreWhole() {
        #expect(driftedDecisions(in: SourceTree.files) == [])
    }

    @Test("The checks fault a changed quote, a block without a source, a dead link and a wrong arrow")
    func checksCanFail() {
        let example = SourceFile("Examples/Trace/main.swift", "import Atelier\nfunc f() {\n    let a = 1\n\n    g(a)\n}")
        let document = SourceFile(
            "docs/guide.md",
            """
            ```swift Examples/Trace/main.swift
            let a = 1

            g(a)
            ```
            ```swift Examples/Trace/main.swift
            let a = 2
            ```
            ```swift
            let b = 3
            ```
            ```swift Examples/Gone.swift
            ```
            See [the map](architecture.md#rooms), [home](../README.md), [site](https://x.org) and `Examples/art/lost.png`.
            """)
        #expect(driftedQuotes(in: [document], files: [example]).map(\.line) == [6, 9, 12])
        let dead = deadLinks(in: [document]) { ["README.md", "Examples/Trace/main.swift"].contains($0) }
        #expect(
            dead.map(\.message) == [
                "names Examples/Gone.swift, which is not there", "links to architecture.md, which is not there",
                "names Examples/art/lost.png, which is not there",
            ])
        let manifest = Manifest(SourceFile("Package.swift", "room(\"Memo\"),\nroom(\"Pixels\", [\"AtelierMemo\"]),\nroom(\"SVG\"),"))
        let map = SourceFile(
            "docs/architecture.md",
            "| [`Memo`](../Sources/Memo/A.swift) | it | nothing |\n| [`Pixels`](../Sources/Pixels/B.swift) | it | `SVG` |\n| [`Attic`](x) | it | nothing |"
        )
        let rooms = [SourceFile("Sources/Memo/A.swift", "// Memo: the idea."), SourceFile("Sources/Pixels/B.swift", "import Glibc")]
        #expect(driftedRooms(in: map, files: rooms, manifest: manifest).map(\.line) == [2, 2, 3, 0])
        let parts = "**Context.** a\n**Decision.** b\n**Alternatives.** c\n**Consequences.** d"
        let decisions = driftedDecisions(in: [
            SourceFile("docs/decisions/0001-a.md", "# 0001 A\n" + parts),
            SourceFile("docs/decisions/0003-b.md", "# 0002 B\n**Context.** e"),
            SourceFile("Sources/Memo/A.swift", "// kept in memory (decision 0001, not decision 0007)"),
        ])
        #expect(decisions.filter { $0.path.hasSuffix("b.md") }.count == 5)
        #expect(decisions.filter { !$0.path.hasSuffix("b.md") }.map(\.message) == ["names decision 0007, which is not there"])
    }
}
