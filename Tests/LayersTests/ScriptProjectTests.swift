import AtelierJSON
import AtelierPixels
import Testing

@testable import AtelierLayers

@Suite("Projects of folders made for HashLips")
struct ScriptProjectTests {
    private let files = [
        "layers/Background/Blue#30.png", "layers/Background/Red#0.5.png", "layers/Eye color/Green.png",
        "layers/Eye color/Große Augen#2.png",
        "layers/Shine/None#9.png", "layers/Shine/Bright#1.png", "layers/.DS_Store", "src/config.js", "build/images/1.png",
    ]

    private func project(_ script: String) throws(ProjectError) -> Project {
        try Project(script: Array(script.utf8), folder: "cats", files: files)
    }

    @Test("Order, options, steps of the edition and texts are taken over")
    func whole() throws {
        let project = try project(
            #"""
            "use strict";
            /* the usual head; it's not read */
            const path = require("path");
            const { MODE } = require(`${basePath}/constants/blend_mode.js`);
            const network = NETWORK.eth;
            // General metadata for Ethereum
            const namePrefix = "Cats & Co";
            const description = 'It\'s "all" cats';
            const baseUri = "ipfs://abc";
            const solanaMetadata = { symbol: "CAT", seller_fee_basis_points: 1000, external_url: "https://cats",
              creators: [{ address: "7fXN", share: 100 }], };
            const layerConfigurations = [
              {
                growEditionSizeTo: 3,
                layersOrder: [
                  { name: "Background" },
                  { name: "Eye color", options: { displayName: "Eyes", bypassDNA: false, }, }, // a comma too many
                ],
              },
              { growEditionSizeTo: 6, layersOrder: [
                  { name: "Background" }, { name: "Eye color" },
                  { "name": "Shine", options: { bypassDNA: true, blend: MODE.colorDodge, opacity: .25 } } ] },
            ];
            const shuffleLayerConfigurations = true;
            const rarityDelimiter = "#";
            const background = { generate: true, brightness: "80%", static: false, default: "#000000" };
            const gif = { export: false, repeat: 0 }, pattern = /['"]/;
            module.exports = { layerConfigurations };
            """#)
        #expect(
            project.name == "Cats & Co" && project.metadata.description == "It's \"all\" cats" && project.metadata.baseURI == "ipfs://abc")
        #expect(project.metadata.symbol == "CAT" && project.metadata.creators.count == 1 && project.metadata.sellerFeeBasisPoints == 1000)
        // The same folder with other options is a layer of its own.
        #expect(project.layers.map(\.name) == ["Background", "Eye color", "Eye color (2)", "Shine"])
        #expect(project.layers.map(\.displayName) == ["Background", "Eyes", "Eye color", "Shine"])
        #expect(project.configurations.map(\.layers) == [[0, 1], [0, 2, 3]])
        #expect(project.configurations.map(\.count) == [3, 3] && project.isShuffled && project.start == 1)
        let shine = project.layers[3]
        #expect(shine.blend == .colorDodge && shine.opacity == 0.25 && !shine.countsForUniqueness)
        #expect(project.layers[0].traits.map(\.weight.value) == [30, 0.5])
        #expect(project.background == .generated(lightness: 204))
        #expect(try project.plan().count == 6)
    }

    @Test(
        "What cannot be taken over is an error with its place",
        arguments: [
            ("const a = 1;", "config.js: no layerConfigurations"),
            ("const layerConfigurations = make();", "line 1: only values that are written out"),
            ("\n\nconst layerConfigurations = [{growEditionSizeTo: size, layersOrder: []}]", "growEditionSizeTo: expected a whole number"),
            ("let layerConfigurations = [{growEditionSizeTo: 4, layersOrder: [{name: 'Shin'}]}]", "layers/Shin: no pictures"),
            (
                "let layerConfigurations = [{growEditionSizeTo: 4, layersOrder: [{name: 'Shine', options: {blend: MODE.sourceIn}}]}]",
                "'source-in' is a mode of a canvas"
            ),
            ("let layerConfigurations = [{growEditionSizeTo: 4, layersOrder: [{name: 'Shine', option: {}}]}]", "did you mean 'options'?"),
            (
                "let layerConfigurations = [{growEditionSizeTo: 4, layersOrder: [{name: 'Shine'}]}, {growEditionSizeTo: 4}]",
                "4 does not grow from 4"
            ),
            ("let layerConfigurations = [\n{growEditionSizeTo: 1 + 2}]", "line 2: only values"),
            ("let layerConfigurations = [{growEditionSizeTo: 2", "line 1: only values"),
            ("const namePrefix = 'a\n;", "line 2: a text does not end"),
            (String(repeating: "var layerConfigurations = [", count: 1) + String(repeating: "[", count: 99), "nested more than 32 deep"),
        ])
    func refused(_ script: String, _ says: String) {
        let error = #expect(throws: ProjectError.self) { try project(script) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
}
