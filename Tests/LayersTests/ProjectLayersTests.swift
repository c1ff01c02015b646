import AtelierJSON
import Testing

@testable import AtelierLayers

@Suite("Layers as JSON")
struct ProjectLayersTests {
    @Test("The layers of a folder, written down and read again, are the same layers")
    func folder() throws {
        let files = ["1 Ground/Blue#40.png", "1 Ground/Red#10.5.png", "2 Hair/Long#3.png", "2 Hair/Long@0.5.png", "2 Hair/None#7.png"]
        let project = try Project(folder: "Heads", files: files)
        let written = JSON.object([.init("name", "Heads"), .init("layers", project.layersJSON)])
        #expect(try Project(parsing: written.bytes, files: files) == project)
    }

    @Test("Everything that a project file says of layers, traits and pieces is written down")
    func file() throws {
        let files = ["a.png", "b.png", "c.webp"]
        let text = """
            {"name": "All", "layers": [
              {"name": "A", "z": 2, "blend": "multiply", "opacity": 0.25, "x": 3, "y": -4, "probability": 0.5, "unique": false, "display": "Shown",
               "traits": [{"name": "One", "weight": 0.01, "hidden": true, "file": "a.png"},
                          {"name": "Two", "pieces": [{"file": "b.png", "x": 1, "z": 5, "blend": "screen"}, {"file": "c.webp"}]}]},
              {"name": "B", "exact": true, "display": false, "traits": [{"name": "None"}, {"name": "Three", "count": 7, "file": "a.png"}]}]}
            """
        let project = try Project(parsing: Array(text.utf8), files: files)
        let written = JSON.object([.init("name", "All"), .init("layers", project.layersJSON)])
        #expect(try Project(parsing: written.bytes, files: files) == project)
    }
}
