import AtelierGeometry
import AtelierOOXML
import AtelierSVG
import Testing

@Suite("Profiles")
struct ProfileTests {
    private func overlapping(opacity: Double, inFront: SVG.Node = rectangle(5, 5, 10, 10)) -> SVG.Tree {
        picture([grouped([rectangle(0, 0, 10, 10), grouped([inFront])], opacity: opacity)])
    }

    @Test("Shapes of a translucent group show through each other when editable, are cut where they hide when exact")
    func groupOpacity() {
        let tree = overlapping(opacity: 0.5)
        let editable = mapSlide(tree, SlideOptions(profile: .editable)), exact = mapSlide(tree, SlideOptions(profile: .exact))
        #expect(editable.diagnostics.map(\.deviation) == [0.25] && !editable.shapes.contains("custGeom"))
        #expect(exact.diagnostics.isEmpty && exact.shapeCount == editable.shapeCount)
        // An L of six corners behind, the square in front as it was.
        #expect(exact.shapes.split(separator: "<a:pt ").count - 1 == 6 && exact.shapes.contains("prst=\"rect\""))
        #expect(exact.shapes.split(separator: "<a:alpha val=\"50000\"/>").count - 1 == 2)
    }

    @Test("Between the two, what nobody sees stays a plain shape")
    func balanced() {
        let (faint, plain) = (overlapping(opacity: 0.99), overlapping(opacity: 0.5))
        #expect(mapSlide(faint, SlideOptions(profile: .balanced)).diagnostics.map(\.deviation) == [0.0099])
        #expect(mapSlide(faint, SlideOptions(profile: .exact)).diagnostics.isEmpty)
        #expect(mapSlide(plain) == mapSlide(plain, SlideOptions(profile: .exact)))
    }

    @Test("A shape that others hide wholly is left out")
    func hidden() {
        let slide = mapSlide(overlapping(opacity: 0.5, inFront: rectangle(0, 0, 10, 10)))
        #expect(slide.diagnostics.isEmpty && slide.shapeCount == 1)
    }

    /// From black to nothing, from the left of a box to its right.
    private let fading = SVG.Fill(
        paint: .gradient(
            SVG.Gradient(
                shape: .linear(from: Point(0, 0), to: Point(9, 0)),
                stops: [.init(offset: 0, color: black), .init(offset: 1, color: black, opacity: 0)])))

    @Test("Where something translucent in a translucent group lies over another, the mixture stands for both")
    func translucent() {
        for inFront in [
            rectangle(5, 5, 10, 10, stroke: stroke()), rectangle(5, 5, 10, 10, opacity: 0.9), rectangle(5, 5, 10, 10, fill: fading),
            grouped([rectangle(5, 5, 10, 10)], opacity: 0.9),
        ] {
            let slide = mapSlide(overlapping(opacity: 0.5, inFront: inFront), SlideOptions(profile: .exact))
            #expect(slide.messages.isEmpty && slide.contents.shapes >= 3)
        }
        // 90 % over opaque is opaque, so all three parts have half of their alpha but the one in front alone.
        let shapes = mapSlide(overlapping(opacity: 0.5, inFront: rectangle(5, 5, 10, 10, fill: fill(opacity: 0.9)))).shapes
        #expect(shapes.split(separator: "<a:alpha val=\"50000\"/>").count - 1 == 2 && shapes.contains("<a:alpha val=\"45000\"/>"))
    }

    @Test("Two gradients that show through each other are given their part of the opacity, which is noted, or become a picture")
    func twoGradients() {
        let tree = picture([grouped([rectangle(0, 0, 10, 10, fill: fading), rectangle(5, 5, 10, 10, fill: fading)], opacity: 0.5)])
        #expect(mapSlide(tree).diagnostics.contains { $0.element == "g" && $0.deviation == 0.25 })
        #expect(mapSlide(tree, SlideOptions(profile: .exact)).contents == SlideContents(pictures: 1))
    }

    @Test("A gradient stays where it was on the part that is seen")
    func gradient() {
        let gradient = SVG.Gradient(
            shape: .linear(from: Point(0, 0), to: Point(10, 0)),
            stops: [.init(offset: 0, color: black), .init(offset: 1, color: SVG.Color(red: 200, green: 0, blue: 0))])
        let tree = picture([
            grouped([rectangle(0, 0, 10, 10, fill: SVG.Fill(paint: .gradient(gradient))), rectangle(5, 0, 5, 10)], opacity: 0.5)
        ])
        // The left half of black to red 200 ends in red 100.
        #expect(mapSlide(tree).shapes.contains("<a:gs pos=\"100000\"><a:srgbClr val=\"640000\">"))
    }

    @Test("A gradient in circles that looks unlike its ellipses becomes a picture, unless editable", arguments: [0.8, 0.15])
    func ellipses(flatness: Double) {
        let shadow = SVG.Fill(
            paint: .gradient(
                SVG.Gradient(
                    shape: .radial(center: Point(50, 50), radius: 50, focus: Point(50, 50), focusRadius: 0),
                    transform: .scaling(1, flatness),
                    stops: [.init(offset: 0, color: black), .init(offset: 1, color: black, opacity: 0)])))
        let tree = picture([rectangle(0, 0, 100, 100 * flatness, fill: shadow)])
        for (profile, isPicture) in [(Profile.editable, false), (.balanced, flatness < 0.5), (.exact, true)] {
            let slide = mapSlide(tree, SlideOptions(profile: profile))
            #expect(slide.contents.pictures == (isPicture ? 1 : 0) && slide.messages.count == 1, "\(profile): \(slide.messages)")
            #expect(slide.messages[0].contains("elliptical"))
        }
    }
}
