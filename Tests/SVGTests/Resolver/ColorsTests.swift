import Testing

@Suite("Colours")
struct ColorsTests {
    private func fill(_ color: String) throws -> String? {
        let line = try rewritten("<rect width='9' height='9' style='fill:\(color)'/>")
        guard let range = line.firstRange(of: "height=\"9\""), line.hasSuffix("/>") else { return nil }
        return String(line[range.upperBound...].dropLast(2).drop { $0 == " " })
    }

    @Test(
        "Every syntax of colours is read",
        arguments: [
            ("#18f", "fill=\"#18f\""), ("#1188FF", "fill=\"#18f\""), ("#18f8", "fill=\"#18f\" fill-opacity=\".5333\""),
            ("#10203040", "fill=\"#102030\" fill-opacity=\".251\""),
            ("rgb(16, 32, 48)", "fill=\"#102030\""), ("rgb(10%,20%,30%)", "fill=\"#1a334d\""), ("RGB( 300 , -5, 48.4)", "fill=\"#ff0030\""),
            ("rgba(16,32,48,.5)", "fill=\"#102030\" fill-opacity=\".5\""),
            ("rgb(16 32 48 / 25%)", "fill=\"#102030\" fill-opacity=\".25\""),
            ("hsl(0,100%,50%)", "fill=\"#f00\""), ("hsl(120 100% 25%)", "fill=\"#008000\""),
            ("hsla(-120,100%,50%,.5)", "fill=\"#00f\" fill-opacity=\".5\""),
            ("hsl(0.5turn 50% 50%)", "fill=\"#40bfbf\""), ("hsl(90,0%,100%)", "fill=\"#fff\""),
            ("Red", "fill=\"#f00\""), ("cornflowerblue", "fill=\"#6495ed\""), ("RebeccaPurple", "fill=\"#639\""),
            ("darkslategrey", "fill=\"#2f4f4f\""),
            ("lightgoldenrodyellow", "fill=\"#fafad2\""), ("yellowgreen", "fill=\"#9acd32\""), ("black", ""),
            ("#CD853F icc-color(acmecmyk, 0.11, 0.48, 0.83, 0.00)", "fill=\"#cd853f\""),
        ])
    func syntaxes(color: String, expected: String) throws {
        #expect(try fill(color) == expected)
    }

    @Test(
        "What is no colour is left out",
        arguments: ["#1", "#12345", "#ggg", "rgb(1,2,3,4,5)", "rgb(1 2", "hsl(10%,1%,1%)", "reddish", "red blue", "rgb"])
    func wrong(color: String) throws {
        #expect(try fill(color) == "")
    }
}
