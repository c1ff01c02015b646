import AtelierJSON
import AtelierPixels
import AtelierTesting
import Testing

@testable import AtelierLayers

@Suite("Reading projects")
struct ProjectReadingTests {
    @Test("Every member is read")
    func members() throws {
        let project = try project(
            """
            {'name':'All','width':64,'height':32,'seed':9,'count':20,'start':0,'background':{'generate':true,'lightness':0.5},'shuffle':true,
             'layers':[{'name':'A','z':2.5,'blend':'color-dodge','opacity':0.25,'x':3,'y':-4,'probability':0.125,'exact':true,'unique':false,
               'display':'Shown','traits':[{'name':'t','file':'a/t.png','weight':0.01,'x':1,'y':2,'z':1,'blend':'multiply','hidden':true},
                {'name':'u','count':2,'x':1,'pieces':[{'file':'a/u.png','z':-1},{'file':'a/v.png','x':5,'blend':'source-over'}]}]},
              {'name':'B','traits':[{'name':'t'}]}],
             'sets':{'Both':[['A','t'],['B']]},'rules':[{'kind':'exclude','a':{'set':'Both'},'b':['A',['u',null]]}],'strict':[['B','A']],
             'configurations':[{'name':'one','layers':['B'],'count':3},{}],
             'oneOfOnes':[{'name':'Gold','file':'g.png','number':4,'attributes':{'Kind':'rare'}}]}
            """)
        let layer = project.layers[0]
        #expect(project.size == PixelSize(width: 64, height: 32) && project.seed == 9 && project.count == 20 && project.start == 0)
        #expect(project.background == .generated(lightness: 128) && project.isShuffled)
        #expect(layer.z == 2.5 && layer.blend == .colorDodge && layer.opacity == 0.25 && layer.offset == PixelOffset(x: 3, y: -4))
        #expect(
            layer.probability == Weight(125, exponent: -3) && layer.isExact && !layer.countsForUniqueness && layer.displayName == "Shown")
        #expect(layer.traits[0].weight == Weight(1, exponent: -2) && layer.traits[0].isHidden && layer.traits[1].count == 2)
        #expect(layer.traits[0].pieces == [Piece(file: "a/t.png", z: 1, blend: .multiply, offset: PixelOffset(x: 1, y: 2))])
        #expect(
            layer.traits[1].pieces == [
                Piece(file: "a/u.png", z: -1, offset: PixelOffset(x: 1, y: 0)),
                Piece(file: "a/v.png", blend: .normal, offset: PixelOffset(x: 6, y: 0)),
            ])
        #expect(project.strict == [[0, 1]] && project.configurations.map(\.layers) == [[1], [0, 1]])
        #expect(
            project.rules.map(\.text) == ["exclude A: t with A: u/nothing", "exclude B: t with A: u/nothing"]
                && project.rules[1].allowedCounts == 3)
        #expect(project.handMade == [HandMade(name: "Gold", file: "g.png", number: 4, attributes: [.init(name: "Kind", value: "rare")])])
    }

    @Test(
        "What is wrong is said with its place, and with the nearest name",
        arguments: [
            ("{", "project.json: not JSON: line 1, column 2: expected a name in double quotes"),
            ("{'layers':[]}", "layers: a collection needs at least one layer"),
            ("{'layer':[]}", "project: there is no \"layer\"; did you mean 'layers'?"),
            ("{'layers':[{'name':'A','traits':[]}]}", "layers[0] 'A': no traits"),
            ("{'layers':[{'name':'A','traits':[{'name':'t','weight':0}]}]}", "layers[0] 'A': all weights are 0"),
            (
                "{'layers':[{'name':'A','traits':[{'name':'t','weight':-1}]}]}",
                "layers[0].traits[0].weight: expected a number not below 0, not -1"
            ),
            ("{'layers':[{'name':'A','traits':[{'name':'t'},{'name':'t'}]}]}", "layers[0] 'A': two traits are called 't'"),
            (
                "{'layers':[{'name':'A','traits':[{'name':'t','wieght':3}]}]}",
                "layers[0].traits[0]: there is no \"wieght\"; did you mean 'weight'?"
            ),
            (
                "{'layers':[{'name':'A','blend':'multipy','traits':[{'name':'t'}]}]}",
                "layers[0].blend: there is no blend mode 'multipy'; did you mean 'multiply'?"
            ),
            ("{'layers':[{'name':'A','opacity':2,'traits':[{'name':'t'}]}]}", "layers[0].opacity: expected a number from 0.0 to 1.0"),
            (
                "{'layers':[{'name':'A','probability':0,'traits':[{'name':'t'}]}]}",
                "layers[0].probability: expected a number over 0 and at most 1"
            ),
            (
                "{'layers':[{'name':'A','traits':[{'name':'t','file':'../t.png'}]}]}",
                "layers[0].traits[0].file: expected a path inside the project's folder, not '../t.png'"
            ),
            ("{'width':5,'layers':[{'name':'A','traits':[{'name':'t'}]}]}", "width: width and height are given together"),
            (
                "{'layers':[{'name':'A','traits':[{'name':'t','weight':0,'count':2}]}]}",
                "layers[0].traits[0].weight: a trait of weight 0 is never chosen, but is to occur 2 times"
            ),
            ("{'layers':['A']}", "layers[0]: there is no folder of a layer 'A'"),
            ("{}", "layers: a project without a folder lists its layers"),
        ])
    func refused(text: String, expected: String) {
        let error = #expect(throws: ProjectError.self) { try project(text) }
        #expect(error?.description == expected)
    }

    @Test(
        "A rule with a name that is not there, or of no known form, is an error",
        arguments: [
            ("{'kind':'exclude','a':['Head','Cap'],'b':['Eye','laser']}", "rules[0].b: there is no layer 'Eye'; did you mean 'Eyes'?"),
            (
                "{'kind':'exclude','a':['Head','Cpa'],'b':['Eyes','laser']}",
                "rules[0].a: there is no trait 'Cpa' in the layer 'Head'; did you mean 'Cap'?"
            ),
            ("{'kind':'exlude','a':['Head'],'b':['Eyes']}", "rules[0].kind: there is no kind of rule 'exlude'; did you mean 'exclude'?"),
            ("{'kind':'exclude','a':['Head']}", "rules[0].b: missing; a rule 'exclude' has one"),
            ("{'kind':'exclude','a':['Head'],'b':['Eyes'],'count':2}", "rules[0].count: a rule 'exclude' has \"a\", \"b\" only"),
            (
                "{'kind':'require','a':['Head'],'all':[['Eyes']],'b':['Eyes']}",
                "rules[0]: a rule 'require' has \"a\" or \"all\", and \"b\" or \"any\""
            ),
            ("{'kind':'at-most','of':[['Head']]}", "rules[0].count: how many?"),
            ("{'kind':'exclude','a':{'set':'Hats'},'b':['Eyes']}", "rules[0].a: there is no set 'Hats'; did you mean 'Hat'?"),
            (
                "{'kind':'exclude','a':['Head',null],'b':['Eyes']}",
                "rules[0].a: the layer 'Head' is never left out; give it a \"probability\""
            ),
            (
                "{'kind':'exclude','a':['Head','Cap','Hat'],'b':['Eyes']}",
                "rules[0].a: expected [\"Head\", \"Trait\"]; several traits are a list of their own"
            ),
            ("{'kind':'exclude','all':[['Head']]}", "rules[0].all: at least two choices exclude each other"),
        ])
    func badRules(rule: String, expected: String) {
        let error = #expect(throws: ProjectError.self) {
            try project(
                """
                {'layers':[{'name':'Head','traits':[{'name':'Cap'},{'name':'Hat'}]},{'name':'Eyes','traits':[{'name':'laser'},{'name':'None'}]}],
                 'sets':{'Hat':[['Head']]},'rules':[\(rule)]}
                """)
        }
        #expect(error?.description == expected)
    }

    @Test("A layer without traits means each but the one called None; a trait of a layer that is not drawn is never there")
    func wholeLayers() throws {
        let project = try project(
            """
            {'layers':[{'name':'Helmet','traits':[{'name':'steel'},{'name':'None'}]},{'name':'Hair','probability':0.5,'traits':[{'name':'long'},{'name':'none'}]}],
             'rules':[{'kind':'exclude','a':['Helmet'],'b':['Hair']}]}
            """)
        #expect(try project.combinationCount() == 5)
        #expect(
            !project.rules[0].isKept(by: [0, 0]) && project.rules[0].isKept(by: [0, 1])
                && project.rules[0].isKept(by: [0, CollectionPlan.none]))
    }

    @Test("Random changes to a project never crash the reader; seeds 0 to 399")
    func randomChanges() throws {
        let bytes = Array(tight.map { $0 == "'" ? "\"" : String($0) }.joined().utf8)
        for seed in 0..<400 {
            var random = SplitMix(seed: UInt64(seed)), changed = bytes
            for _ in 0..<random.int(in: 1..<6) {
                let place = random.int(in: 0..<changed.count)
                switch random.int(in: 0..<3) {
                case 0: changed[place] = Array("\"[]{},:0".utf8)[random.int(in: 0..<8)]
                case 1: changed.remove(at: place)
                default: changed.insert(changed[random.int(in: 0..<changed.count)], at: place)
                }
            }
            do {
                _ = try Project(parsing: changed, files: nil).plan(count: 3)
            } catch {
                #expect("\(error)".utf8.count > 10, "seed \(seed)")
            }
        }
    }
}

@Suite("Folders of layers")
struct LayerFolderTests {
    @Test("Folders in the order of their numbers are layers, files with weights are traits, in any order of listing")
    func folder() throws {
        let files = [
            "layers/10 Hat/Crown#0.5.png", "layers/10 Hat/None#99.PNG", "layers/2_Eyes/Laser-Red.webp", "layers/2_Eyes/.DS_Store",
            "layers/2_Eyes/Big # small#7.jpg",
            "layers/01 Back/Blue#10.png", "build/images/1.png", "README.md", "layers/10 Hat/Hair#3.png", "layers/10 Hat/Hair@0.5.png",
        ]
        let project = try Project(folder: "Set", files: files)
        #expect(project.layers.map(\.name) == ["Back", "Eyes", "Hat"] && project.size == nil)
        #expect(
            project.layers[1].traits.map(\.name) == ["Big # small", "Laser-Red"]
                && project.layers[1].traits.map(\.weight.description) == ["7", "1"])
        #expect(project.layers[2].traits.map(\.name) == ["Crown", "Hair", "None"] && project.layers[2].traits[0].weight == Weight("0.5"))
        #expect(
            project.layers[2].traits[1].pieces == [
                Piece(file: "layers/10 Hat/Hair#3.png"), Piece(file: "layers/10 Hat/Hair@0.5.png", z: 0.5),
            ])
        #expect(try Project(folder: "Set", files: files.reversed()) == project)
        #expect(try project.combinationCount() == 6)
    }

    @Test("Folders without numbers come by name, and a project file can put them in order, choose and configure them")
    func order() throws {
        let files = ["Goo/g#1.png", "Background/b$2.png", "Eyes/e.png"]
        #expect(try Project(folder: "S", files: files).layers.map(\.name) == ["Background", "Eyes", "Goo"])
        let sample = try project(
            "{'delimiter':'$','layers':['Eyes','Background',{'name':'Slime','dir':'Goo','opacity':0.5}]}", files: files)
        #expect(sample.layers.map(\.name) == ["Eyes", "Background", "Slime"] && sample.layers[1].traits[0].weight == Weight(2))
        #expect(sample.layers[2].traits[0].name == "g#1")
        #expect(try project("{'name':'Only a name'}", files: files).layers.count == 3)
    }

    @Test("A folder without pictures beside layers is none of them")
    func otherFolders() throws {
        let project = try Project(folder: "x", files: ["1 A/a.png", "2 B/b.png", "video/all.mp4", "notes/a.psd"])
        #expect(project.layers.map(\.name) == ["A", "B"])
    }

    @Test(
        "What is no folder of layers is refused with the file",
        arguments: [
            ([], "the folder: no layers here; expected folders of pictures such as '01 Background/Blue#10.png', or a project.json"),
            (["A/x#1.png", "A/x#2.png"], "A/x#2.png: the trait 'x' is also in A/x#1.png; names in a layer are distinct"),
            (["A/x.png", "A/x.webp"], "A/x.webp: the trait 'x' is also in A/x.png; names in a layer are distinct"),
            (["A/x#many.png"], "A/x#many.png: the weight 'many' after '#' is not a number; rename the file or choose another delimiter"),
            (["A/notes.txt"], "A/notes.txt: not a picture (png, jpg, jpeg, webp); layers hold pictures only"),
            (["A/b/x.png"], "A/b/x.png: a folder inside a layer; layers hold pictures only"),
            (["1 A/x.png", "B/x.png"], "B: other folders of layers begin with a number, this one does not; number all or none"),
            (["1 A/x.png", "2 A/x.png"], "2 A: two folders are the layer 'A'"),
            (["A/#5.png"], "A/#5.png: the trait has no name"),
            (["A/x#0.png"], "layers[0] 'A': all weights are 0"),
        ] as [([String], String)])
    func refused(files: [String], expected: String) {
        let error = #expect(throws: ProjectError.self) { try Project(folder: "S", files: files) }
        #expect(error?.description == expected)
    }

    @Test("A file that a project names has to be there; the nearest is offered")
    func missingFile() {
        let error = #expect(throws: ProjectError.self) {
            try project("{'layers':[{'name':'A','traits':[{'name':'t','file':'a/sky.png'}]}]}", files: ["a/sky .png", "b.png"])
        }
        #expect(error?.description == "layers[0].traits[0].file: there is no file 'a/sky.png'; did you mean 'a/sky .png'?")
    }
}
