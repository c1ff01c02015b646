import AtelierMemo
import Foundation
import AtelierMemo
import Testing

@testable import AtelierService

@Suite("The studio's files")
struct StudioTests {
    private static let folder = String(#filePath.dropLast("Tests/ServiceTests/StudioTests.swift".count)) + "Sources/CStudio/files"

    @Test("Scripts can be made lean by lines: no text goes over several lines or looks like a comment")
    func textsAreOnLines() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder) where name.hasSuffix(".js") {
            for line in try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8).split(separator: "\n") {
                let line = line.drop { $0 == " " }
                let isComment = line.hasPrefix("//") || line.hasPrefix("*") || line.hasPrefix("/*")
                // A backtick in a text or a pattern stands beside a backslash, a quote or a bracket of a pattern.
                if !isComment, !line.contains("`]") { #expect(line.count { $0 == "`" }.isMultiple(of: 2), "\(name): \(line)") }
                for mark in ["'/**", "\"/**", "`/**"] { #expect(!line.contains(mark), "\(name): \(line)") }
            }
        }
    }

    @Test("A lean script has neither comments nor indentation, and its texts as they were")
    func lean() {
        let script =
            "// What it is.\n/** @param {string} a\n *  @returns {any} */\nexport const f = a => {\n  /** @type {any} */\n"
            + "  const b = /** @type {any} */ (a); // why\n\n  return b + ' // no comment';\n};\n"
        #expect(Studio.lean(script) == "export const f = a => {\nconst b = (a); // why\nreturn b + ' // no comment';\n};\n")
    }

    @Test("A lean style sheet has no blanks beside its signs")
    func leanRules() {
        let sheet = ".a > .b:not(.c) { color: red; margin: 0 1px; }\n@media (width > 1px) { .d { font: 1px/1 x, y; } }\n"
        #expect(Studio.leanRules(sheet) == ".a > .b:not(.c){color:red;margin:0 1px}\n@media (width > 1px){.d{font:1px/1 x,y}}\n")
    }

    @Test("A page names its files below the digest of all, and those are there")
    func page() throws {
        let studio = try Studio(folder: nil), page = String(decoding: try #require(studio.file("index.html")).bytes, as: UTF8.self)
        #expect(!page.contains("{assets}"))
        for piece in page.split(separator: "\"/assets/\(studio.tag)/").dropFirst() {
            #expect(studio.file(String(piece.prefix { $0 != "\"" })) != nil, "\(piece.prefix(30))")
        }
    }
}
