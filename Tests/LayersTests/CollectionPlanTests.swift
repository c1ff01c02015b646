import AtelierPixels
import Testing

@testable import AtelierLayers

@Suite("Collection plan")
struct CollectionPlanTests {
    @Test("Items are painted by z, then by their layer's place, then by piece, and hidden behind what a piece's z says")
    func paintingOrder() {
        let hair = Trait(name: "Long", weight: Weight(1), pieces: [Piece(file: "front.png"), Piece(file: "back.png", z: 0)])
        var layers = ["Back", "Body", "Hair", "Hat"].map { name in
            Layer(name: name, traits: [Trait(name: "A", weight: Weight(1), pieces: [Piece(file: "\(name).png")])])
        }
        layers[2].traits = [hair]
        layers[2].offset = PixelOffset(x: 3, y: 4)
        layers[1].blend = .multiply
        var project = Project(name: "Z", layers: layers)
        project.handMade = [HandMade(name: "Gold", file: "gold.png")]
        project.configurations.append(Configuration(name: "bare", layers: [1, 0]))
        var plan = CollectionPlan(seed: 1, start: 5, layerCount: 4)
        plan.append([0, 0, 0, CollectionPlan.none], configuration: 0)
        plan.append([0, 0, CollectionPlan.none, CollectionPlan.none], configuration: 1)
        plan.append(handMade: 0)

        #expect(project.paintings(of: plan[0]).map(\.file) == ["Back.png", "back.png", "Body.png", "front.png"])
        #expect(project.paintings(of: plan[0])[1].offset == PixelOffset(x: 3, y: 4))
        #expect(project.paintings(of: plan[0])[2].blend == .multiply)
        #expect(project.paintings(of: plan[1]).map(\.file) == ["Body.png", "Back.png"])
        #expect(project.paintings(of: plan[2]).map(\.file) == ["gold.png"])
        #expect(CollectionPlan(seed: 1, start: 5, layerCount: 4, traits: plan.traits, kinds: plan.kinds) == plan)
        #expect(CollectionPlan(seed: 1, start: 5, layerCount: 3, traits: plan.traits, kinds: plan.kinds) == nil)
        #expect(plan[2].number == 7 && plan[2].kind == .handMade(0) && plan[1].kind == .combined(configuration: 1))
    }

    @Test("Generated backgrounds are saturated colors of the lightness asked for")
    func generatedBackgrounds() throws {
        var project = Project(name: "B", layers: [Layer(name: "L", traits: [])])
        var plan = CollectionPlan(seed: 9, start: 0, layerCount: 1)
        for _ in 0..<50 { plan.append([0], configuration: 0) }
        #expect(project.backgroundColor(of: plan[0], in: plan) == nil)
        for lightness in [UInt8(0), 60, 128, 200, 255] {
            project.background = .generated(lightness: lightness)
            for index in 0..<plan.count {
                let color = try #require(project.backgroundColor(of: plan[index], in: plan))
                let channels = [color.r, color.g, color.b].map(Int.init)
                #expect(channels.max() == min(255, 2 * Int(lightness)) && channels.min() == max(0, 2 * Int(lightness) - 255))
            }
        }
    }
}
