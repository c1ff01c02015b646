import Glibc
import Testing

@testable import AtelierCommand

@Suite("Glob")
struct GlobTests {
    @Test(
        "Names that fit",
        arguments: [
            ("a.png", "a.png"), ("a.png", "*.png"), ("a.png", "?.p*"), ("abcabc", "*abc"), ("aXbXc", "a*b*c"), ("b", "[a-c]"),
            ("d", "[!a-c]"), ("]", "[]]"), ("-", "[a-]"), (".x", ".*"), ("é", "é"), ("[", "["), ("", "*"), ("aaaa", "a*a*a"),
        ])
    func fits(name: String, pattern: String) { #expect(Glob.matches(name, pattern)) }

    @Test(
        "Names that do not fit",
        arguments: [
            ("a.jpg", "*.png"), ("A.PNG", "*.png"), (".a.png", "*.png"), (".a", "?a"), ("b", "[!a-c]"), ("ab", "?"), ("", "?"),
            ("aab", "a*c"), ("x", ""),
        ])
    func doesNotFit(name: String, pattern: String) { #expect(!Glob.matches(name, pattern)) }

    @Test("A pattern of many stars is decided quickly")
    func manyStars() {
        let name = String(repeating: "a", count: 200)
        #expect(!Glob.matches(name, String(repeating: "a*", count: 100) + "b"))
    }

    @Test("Braces stand for each of their choices, also inside one another; too many are refused")
    func braces() throws {
        #expect(try Glob.patterns("x.{png,j{pe,p}g}").map { $0.names[0] }.sorted() == ["x.jpeg", "x.jpg", "x.png"])
        #expect(try Glob.patterns("a{b}c{").map { $0.names[0] } == ["a{b}c{"])
        #expect(throws: UsageError.self) { try Glob.patterns(String(repeating: "{a,b}", count: 40)) }
    }
}

@Suite("Inputs")
struct InputsTests {
    private let suffixes = ["png", "jpg", "svg"]

    @Test("A folder gives its pictures in byte order, with paths below it, without hidden ones")
    func folder() throws {
        let scratch = Scratch()
        for name in ["art/b.png", "art/a/z.JPG", "art/a.png", "art/notes.txt", "art/.hidden.png", "art/.git/x.png"] {
            scratch.write("", to: name)
        }
        let list = try expand([scratch["art"]], suffixes: suffixes)
        #expect(list.inputs.map(\.relative) == ["a.png", "a/z.JPG", "b.png"])
        #expect(list.inputs[1].path == scratch["art/a/z.JPG"] && list.problems.isEmpty)
    }

    @Test("Links to folders are not entered, so a circle ends")
    func circle() throws {
        let scratch = Scratch()
        scratch.write("", to: "art/a.png")
        symlink("..", scratch["art/up"])
        #expect(try expand([scratch["art"]], suffixes: suffixes).inputs.map(\.relative) == ["a.png"])
    }

    @Test("** means any number of folders, and paths begin after the fixed part")
    func pattern() throws {
        let scratch = Scratch()
        for name in ["art/a.png", "art/x/b.png", "art/x/y/c.png", "art/x/y/d.jpg", "other/e.png"] { scratch.write("", to: name) }
        #expect(try expand([scratch["art/**/*.png"]], suffixes: suffixes).inputs.map(\.relative) == ["a.png", "x/b.png", "x/y/c.png"])
        #expect(
            try expand([scratch["*/x/**"]], suffixes: suffixes).inputs.map(\.relative) == ["art/x/b.png", "art/x/y/c.png", "art/x/y/d.jpg"])
        #expect(try expand([scratch["art/*.{png,jpg}"]], suffixes: suffixes).inputs.map(\.relative) == ["a.png"])
    }

    @Test("A file found twice is taken once; a file named twice is taken twice")
    func duplicates() throws {
        let scratch = Scratch()
        scratch.write("", to: "a.png")
        let file = scratch["a.png"]
        #expect(try expand([scratch.path, scratch["*.png"]], suffixes: suffixes).inputs.count == 1)
        #expect(try expand([file, file], suffixes: suffixes).inputs.count == 2)
    }

    @Test("A name with pattern letters that exists is a file")
    func literal() throws {
        let scratch = Scratch()
        scratch.write("", to: "a[1].png")
        #expect(try expand([scratch["a[1].png"]], suffixes: suffixes).inputs.map(\.relative) == ["a[1].png"])
    }

    @Test("Operands that stand for nothing are named; a missing file is left to reading")
    func nothing() throws {
        let scratch = Scratch()
        scratch.write("", to: "empty/readme.txt")
        let list = try expand([scratch["empty"], scratch["*.gif"], scratch["missing.png"]], suffixes: ["png"])
        #expect(
            list.problems == [
                "\(scratch["empty"]): no file below this folder ends in .png", "\(scratch["*.gif"]): no file matches this pattern",
            ])
        #expect(list.inputs.map(\.relative) == ["missing.png"])
    }

    @Test("A name that is not UTF-8 is a problem, not passed over")
    func notText() throws {
        let scratch = Scratch()
        let path = Array((scratch.path + "/").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF)] + Array(".png".utf8CString)
        close(creat(path, 0o600))
        #expect(
            try expand([scratch.path], suffixes: suffixes).problems == ["\(scratch.path)/\u{FFFD}.png: the name is not UTF-8; rename it"])
        unlink(path)
    }

    @Test("Lists are separated by lines, of either ending, or by NUL")
    func lists() {
        #expect(operands(listedIn: Array("a\r\n\nb c\n".utf8), nullSeparated: false) == ["a", "b c"])
        #expect(operands(listedIn: Array("a\nb\0c\0".utf8), nullSeparated: true) == ["a\nb", "c"])
    }
}

@Suite("Filters of inputs")
struct InputFilterTests {
    private func filter(_ include: String? = nil, _ exclude: String? = nil, recursive: Bool = true) throws -> InputFilter {
        var settings = Settings()
        (settings.include, settings.exclude, settings.recursive) = (include, exclude, recursive)
        return try InputFilter(settings)
    }

    @Test("A pattern without a slash is about names, one with a slash about the path below the folder")
    func patterns() throws {
        let logos = try filter("*-logo.{png,svg}")
        #expect(
            logos.takes("a-logo.png") && logos.takes("x/y/b-logo.svg") && !logos.takes("a-logo.jpg") && !logos.takes("x-logo.png/a.png"))
        let icons = try filter("icons/**/*.png")
        #expect(icons.takes("icons/a.png") && icons.takes("icons/x/y/a.png") && !icons.takes("a.png") && !icons.takes("x/icons/a.png"))
        #expect(try filter("**").takes("x/a.png") && !filter("**").takes("x/.a.png"))
        #expect(try filter("**/x/*").takes("x/a") && filter("**/x/*").takes("b/c/x/a") && !filter("**/x/*").takes("x"))
    }

    @Test("What is left out is left out with all below it")
    func exclusion() throws {
        let filter = try filter(nil, "{old,*.bak,a/**/drafts}")
        #expect(!filter.takes("old/a.png") && !filter.takes("x/old/a.png") && !filter.takes("a.bak") && !filter.takes("a/b/drafts/c.png"))
        #expect(filter.takes("a.png") && filter.takes("older/a.png") && !filter.enters("x/old") && filter.enters("drafts"))
    }

    @Test("Folders follow it, files that are named do not; without anything left the sentence says why")
    func expansion() throws {
        let scratch = Scratch()
        for name in ["in/a.png", "in/x/b.png", "in/old/c.png"] { scratch.write("", to: name) }
        func names(_ filter: InputFilter, _ operand: String = "in") throws -> [String] {
            try expand([scratch[operand]], suffixes: ["png"], filter: filter).inputs.map(\.relative)
        }
        #expect(try names(filter(nil, "old")) == ["a.png", "x/b.png"] && names(filter(recursive: false)) == ["a.png"])
        #expect(try names(filter("b.*"), "in/**/*.png") == ["x/b.png"] && names(filter("b.*"), "in/a.png") == ["a.png"])
        let nothing = try expand([scratch["in"]], suffixes: ["png"], filter: filter("*.svg"))
        #expect(nothing.problems.first?.hasSuffix("no file in this folder passes --include, --exclude and --no-recursive") == true)
    }

    @Test("A list with NUL in it is one with NUL between its names")
    func lists() {
        #expect(operands(listedIn: Array("a\nb\0c\0".utf8), nullSeparated: false) == ["a\nb", "c"])
        #expect(operands(listedIn: Array("a\r\nb\n\n".utf8), nullSeparated: false) == ["a", "b"])
    }
}
