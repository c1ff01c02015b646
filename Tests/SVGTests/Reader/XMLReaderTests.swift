import AtelierGeometry
import AtelierSVG
import Testing

@Suite("Reading SVG")
struct ReaderTests {
    private func error(_ text: String, limits: SVG.Limits = .init()) -> SVG.ParseError? { error(Array(text.utf8), limits: limits) }

    private func error(_ bytes: [UInt8], limits: SVG.Limits = .init()) -> SVG.ParseError? {
        var options = SVG.ReadOptions()
        options.limits = limits
        do throws(SVG.ParseError) {
            _ = try SVG.read(bytes.span, options: options)
            return nil
        } catch {
            return error
        }
    }

    @Test("Bytes that are no SVG are refused with what they are")
    func notSVG() {
        #expect(error("") == .empty)
        #expect(error(" \n ") == .empty)
        #expect(error([0x1F, 0x8B, 8, 0]) == .damagedCompression)
        #expect(error("<html/>") == .notSVG(root: "html", line: 1))
        #expect(error("<svg xmlns='http://www.w3.org/1999/xhtml'/>") == .notSVG(root: "svg", line: 1))
        #expect(error("\u{89}PNG") == .malformed(reason: "not well-formed (invalid token)", line: 1, column: 1))
    }

    /// A gzip stream of one stored block (RFC 1951, 3.2.4; RFC 1952).
    private func gzip(_ bytes: [UInt8], claiming count: Int? = nil) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        func little(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(bytes.count, 2) + little(~bytes.count, 2) + bytes
            + little(Int(~crc), 4) + little(count ?? bytes.count, 4)
    }

    @Test("A compressed file is read as what it holds, and its length is checked before")
    func compressed() throws {
        let text = Array("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9'/></svg>".utf8)
        let file = gzip(text), tree = try SVG.read(file.span), plain = try SVG.read(text.span), isMarkup = SVG.looksLikeMarkup(file.span)
        #expect(tree == plain && isMarkup)
        var limits = SVG.Limits()
        limits.byteCount = 60
        #expect(error(gzip(text, claiming: 70), limits: limits) == .tooLarge(byteCount: gzip(text).count, limit: 60))
        limits.byteCount = 200
        #expect(error(gzip(text, claiming: 4000), limits: limits) == .tooLarge(byteCount: 4000, limit: 200))
        #expect(error(gzip(text, claiming: 0xFFFF_FFFF)) == .damagedCompression, "more than deflate can make of so few bytes")
        #expect(error(gzip(text, claiming: 50)) == .damagedCompression)
        #expect(error(Array(gzip(text).dropLast(30))) == .damagedCompression)
        #expect(error(gzip(gzip(text))) == .damagedCompression)
    }

    @Test("A fault in the XML is told with line and column")
    func malformed() {
        #expect(error("<svg>\n  <g></svg>") == .malformed(reason: "mismatched tag", line: 2, column: 8))
        #expect(error("<svg") == .malformed(reason: "unclosed token", line: 1, column: 1))
        #expect(error("<svg><g>") == .malformed(reason: "no element found", line: 1, column: 9))
        #expect(error("\n\n<svg a:x='1'><a:b></svg>") == .malformed(reason: "mismatched tag", line: 3, column: 21))
    }

    @Test("A namespace prefix that is not declared is taken by its usual meaning, with a diagnostic")
    func undeclaredPrefixes() throws {
        let text = """
            <svg viewBox="0 0 9 9" xmlns:q="http://www.w3.org/2000/svg"><g id="a"><rect width="1" height="1" o:fill="red"/></g>
            <use xlink:href="#a"/><svg:rect width="2" height="1"/><q:rect width="3" height="1"/><o:rect width="4" height="1"/></svg>
            """
        let tree = try SVG.read(Array(text.utf8).span)
        #expect(tree.root.children.count == 4)
        #expect(
            tree.diagnostics == [
                SVG.Diagnostic(
                    .invalid, element: "svg", line: 1, "a namespace prefix is not declared; `svg:` and `xlink:` are understood")
            ])
    }

    @Test("Entities of the file itself are read, in text, in attributes and as elements")
    func ownEntities() throws {
        let text = """
            <!DOCTYPE svg [<!ENTITY c "red"><!ENTITY s "fill:&c;"><!ENTITY r "<rect width='1' height='1' style='&s;'/>">]>
            <svg viewBox="0 0 9 9"><title>&c; &#x21;</title>&r;<g>&r;</g></svg>
            """
        let tree = try SVG.read(Array(text.utf8).span)
        #expect(tree.root.children.count == 2 && tree.title == "red !")
        #expect(String(decoding: SVG.write(tree), as: UTF8.self).contains("fill=\"#f00\""))
    }

    @Test("Entities from elsewhere are refused, and so are those that multiply")
    func entities() throws {
        func refused(_ name: String, _ column: Int) -> SVG.ParseError { .entityRefused(name: name, line: 1, column: column) }
        #expect(error("<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>") == refused("a", 54))
        #expect(error("<!DOCTYPE svg [<!ENTITY % a 'x'>]><svg/>") == refused("a", 29))
        #expect(error("<!DOCTYPE svg PUBLIC 'x' 'y.dtd'><svg>&nbsp;</svg>") == refused("nbsp", 39))
        #expect(error("<svg>&nbsp;</svg>") == .malformed(reason: "undefined entity", line: 1, column: 6))
        var laughs = "<!DOCTYPE svg [<!ENTITY a0 'ha'>"
        for i in 1..<30 { laughs += "<!ENTITY a\(i) '" + String(repeating: "&a\(i - 1);", count: 10) + "'>" }
        #expect(error(laughs + "]><svg>&a29;</svg>") == .entitiesTooLong(limit: 16 << 20, line: 1))
        #expect(error(laughs + "]><svg id='&a29;'/>") == .entitiesTooLong(limit: 16 << 20, line: 1))
        #expect(error("<!DOCTYPE svg [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><svg>&a;</svg>") != nil)
    }

    @Test("Illustrator's entities for namespaces and its document type are read")
    func illustrator() throws {
        let text = """
            <?xml version="1.0" encoding="utf-8"?>
            <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
              <!ENTITY ns_svg "http://www.w3.org/2000/svg">
            ]>
            <svg xmlns="&ns_svg;" width="8" height="8"><path d="M0 0h8v8z"/></svg>
            """
        #expect(try SVG.read(Array(text.utf8).span).root.children.count == 1)
    }

    @Test("UTF-16 and ISO-8859-1 are read, other encodings refused by name")
    func encodings() throws {
        let text = "<svg viewBox='0 0 9 9'><title>Grün</title></svg>"
        let utf16: [UInt8] = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try SVG.read(utf16.span).title == "Grün")
        let latin1 = Array("<?xml version='1.0' encoding='ISO-8859-1'?>".utf8) + text.unicodeScalars.map { UInt8($0.value) }
        #expect(try SVG.read(latin1.span).title == "Grün")
        #expect(error("<?xml version='1.0' encoding='koi8-r'?><svg/>") == .unknownEncoding("koi8-r"))
    }

    @Test("Every limit is kept")
    func limits() {
        var limits = SVG.Limits()
        limits.byteCount = 40
        #expect(error("<svg>" + String(repeating: " ", count: 40) + "</svg>", limits: limits) == .tooLarge(byteCount: 51, limit: 40))
        limits = SVG.Limits()
        limits.depth = 3
        #expect(error("<svg><g><g><g/></g></g></svg>", limits: limits) == .tooDeep(limit: 3, line: 1, column: 12))
        limits = SVG.Limits()
        limits.elementCount = 2
        #expect(error("<svg><g/><g/></svg>", limits: limits) == .tooManyElements(limit: 2, line: 1, column: 10))
        limits = SVG.Limits()
        limits.attributeByteCount = 3
        #expect(error("<svg><g id='abcd'/></svg>", limits: limits) == .attributeTooLong(name: "id", length: 4, limit: 3, line: 1))
    }

    @Test("A million levels of nesting end in one error")
    func deepNesting() {
        let bytes = Array(String(repeating: "<g>", count: 1_000_000).utf8)
        #expect(error(Array("<svg>".utf8) + bytes) == .tooDeep(limit: 256, line: 1, column: 5 + 255 * 3 + 1))
    }

    @Test("Elements and attributes of other namespaces are passed over")
    func foreign() throws {
        let text = """
            <s:svg xmlns:s="http://www.w3.org/2000/svg" xmlns:i="urn:i" xmlns="urn:o" width="4" height="4" i:width="9">
            <rect width="1" height="1"/><s:rect s:width="2" width="3" height="1" i:fill="red"/><metadata><s:rect/></metadata></s:svg>
            """
        let tree = try SVG.read(Array(text.utf8).span)
        #expect(tree.root.children.count == 1)
        #expect(tree.size == Size(4, 4))
    }
}
