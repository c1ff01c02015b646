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
            // Of CSS Color 4: 7.1, 8, 9.1 (the green of `#008000`), 10.
            ("hwb(150 20% 10%)", "fill=\"#33e68c\""), ("hwb(45 40% 80%)", "fill=\"#555\""), ("hsl(none 100% 50%)", "fill=\"#f00\""),
            ("lab(46.2775% -47.5621 48.5837)", "fill=\"#008000\""), ("lch(46.2775 67.9892 134.3912deg)", "fill=\"#008000\""),
            // Of CSS Color 5: 3 (an example of its own), 4.
            ("color-mix(in srgb, red, blue)", "fill=\"#800080\""), ("color-mix(in srgb, white 20%, blue)", "fill=\"#33f\""),
            ("color-mix(in srgb, 80% blue, white)", "fill=\"#33f\""), ("color-mix(in oklab, white, black)", "fill=\"#636363\""),
            ("color-mix(in srgb, red, transparent)", "fill=\"#f00\" fill-opacity=\".5\""),
            ("color-mix(in srgb, red 30%, blue 30%)", "fill=\"#800080\" fill-opacity=\".6\""),
            ("color-mix(in hsl, red, lime)", "fill=\"#ff0\""), ("color-mix(in hsl longer hue, red, lime)", "fill=\"#00f\""),
            ("color-mix(in oklch, red, gray 0%)", "fill=\"#f00\""), ("color-mix(in srgb-linear, white, black)", "fill=\"#bcbcbc\""),
            ("color-mix(in hwb decreasing hue, red, blue)", "fill=\"#f0f\""), ("color-mix(in lab, white, white)", "fill=\"#fff\""),
            ("color-mix(in srgb, currentColor, white);color:red", "fill=\"#ff8080\""),
            ("color-mix(in srgb, color-mix(in srgb, red, blue), white)", "fill=\"#c080c0\""),
            ("light-dark(#18f, red)", "fill=\"#18f\""),
            ("lab(100 0 0)", "fill=\"#fff\""), ("lab(50% 0% 0% / 50%)", "fill=\"#777\" fill-opacity=\".5\""),
            ("oklab(51.975% -0.1403 0.10768)", "fill=\"#008000\""), ("oklch(51.975% 0.17686 142.495)", "fill=\"#008000\""),
            ("oklch(0.7 0 none / 1)", "fill=\"#9e9e9e\""), ("oklab(0 0 0)", ""),
            ("color(srgb 0 50% 1)", "fill=\"#0080ff\""), ("color(srgb-linear 0 0.21586 0 / .5)", "fill=\"#008000\" fill-opacity=\".5\""),
            ("color(display-p3 0.21604 0.49418 0.13151)", "fill=\"#008000\""),
            ("color(rec2020 0.23521 0.43171 0.08544)", "fill=\"#008000\""),
            ("color(a98-rgb 0.28137 0.49802 0.11675)", "fill=\"#008000\""),
            ("color(prophoto-rgb 0.23046 0.39570 0.12982)", "fill=\"#008000\""),
            ("color(xyz 0.07719 0.15438 0.02573)", "fill=\"#008000\""), ("color(xyz-d50 0.08314 0.15475 0.02096)", "fill=\"#008000\""),
            ("color(display-p3 1 1 1)", "fill=\"#fff\""), ("color(srgb 2 -1 0)", "fill=\"#f00\""),
            ("CanvasText", ""), ("LinkText", "fill=\"#00e\""),
            ("#CD853F icc-color(acmecmyk, 0.11, 0.48, 0.83, 0.00)", "fill=\"#cd853f\""),
        ])
    func syntaxes(color: String, expected: String) throws {
        #expect(try fill(color) == expected)
    }

    @Test(
        "What is no colour is left out",
        arguments: [
            "#1", "#12345", "#ggg", "rgb(1,2,3,4,5)", "rgb(1 2", "hsl(10%,1%,1%)", "reddish", "red blue", "rgb", "lab(1 2)", "color(1 2 3)",
            "color(p3 1 2 3)", "hwb(1% 2% 3%)", "lch(1 2 3%)",
        ])
    func wrong(color: String) throws {
        #expect(try fill(color) == "")
    }
}
