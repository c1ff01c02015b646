import Testing

@testable import AtelierLayers

private let sample = """
    {'name':'Plan, "quoted"','seed':4,'layers':[{'name':'Sky','traits':[{'name':'day'},{'name':'night, dark'}]},
     {'name':'Hat','probability':0.95,'traits':[{'name':'cap'},{'name':'the ""top""'}]}, {'name':'Body','traits':[{'name':'a'},{'name':'b'}]}],
     'rules':[{'kind':'exclude','a':['Sky','day'],'b':['Body','b']}],
     'configurations':[{'count':3},{'layers':['Body','Sky']}],'oneOfOnes':[{'name':'Gold','file':'gold.png','number':2}]}
    """.replacing("\"", with: "\\\"")

@Suite("Files of plans")
struct PlanFileTests {
    @Test("A plan is read back from its file and from its table")
    func roundTrip() throws {
        let project = try project(sample), plan = try project.plan(count: 5)
        #expect(try CollectionPlan(parsing: plan.fileBytes(for: project), for: project) == plan)
        #expect(try CollectionPlan(parsingTable: plan.tableBytes(for: project, pictureEnding: "png"), for: project) == plan)
    }

    @Test("A project whose layers and traits were moved reads the same choices by their names")
    func moved() throws {
        let project = try project(sample), bytes = try project.plan(count: 5).fileBytes(for: project)
        var moved = project
        moved.layers.reverse()
        for index in moved.layers.indices { moved.layers[index].traits.reverse() }
        moved.rules = []
        moved.configurations = [Configuration(name: "", layers: [0, 1, 2], count: 3), Configuration(name: "", layers: [0, 2])]
        let before = try CollectionPlan(parsing: bytes, for: project), after = try CollectionPlan(parsing: bytes, for: moved)
        for index in 0..<5 {
            #expect(project.traitNames(of: before[index]) == moved.traitNames(of: after[index]).reversed())
        }
    }

    @Test("A plan made elsewhere needs no more than indices")
    func bare() throws {
        let plan = try CollectionPlan(parsing: Array(#"{"items":[[0,null,0],[1,1,1]]}"#.utf8), for: project(sample))
        #expect(choices(plan) == [[0, CollectionPlan.none, 0], [1, 1, 1]] && plan.start == 1 && plan.seed == 4)
    }

    @Test(
        "What does not fit the project is refused with its place",
        arguments: [
            ("{'items':[]}", "items: expected a list of 1 to 10000000 items"),
            ("{'items':[[0,1]]}", "items[0]: 2 traits for 3 layers"),
            ("{'items':[[0,2,0]]}", "items[0]: layer 'Hat': expected null or a number from 0 to 1"),
            ("{'items':[[null,1,0]]}", "items[0]: the layer 'Sky' is never left out, but has no trait here"),
            (
                "{'items':[{'configuration':1,'traits':[0,0,0]}]}",
                "items[0]: the layer 'Hat' is not in configuration 1, but has a trait here"
            ),
            ("{'items':[{'oneOfOne':1}]}", "items[0]: there is no picture 1 made by hand"),
            ("{'items':[[0,0,1]]}", "item 1: breaks the rule 'exclude Sky: day with Body: b'"),
            ("{'items':[[0,0,0],[1,1,1],[0,0,0]]}", "item 3: the same traits as item 1"),
            (
                "{'layers':[{'name':'Hut','traits':[]}],'items':[[0]]}",
                "layers[0].name: the project has no layer 'Hut'; did you mean 'Hat'?"
            ),
            ("{'format':'x','items':[[0]]}", "format: this is not a plan"),
        ])
    func refused(text: String, expected: String) throws {
        let project = try project(sample)
        let bytes = Array(text.replacing("'", with: "\"").utf8)
        let error = #expect(throws: ProjectError.self) { try CollectionPlan(parsing: bytes, for: project) }
        #expect(error?.description.replacing("\"", with: "'") == expected)
    }

    @Test(
        "Tables that do not fit are refused with the row",
        arguments: [
            ("", "table: no rows"), ("Sky,Hut\nday,cap", "table, column 2: there is no layer 'Hut'; did you mean 'Hat'?"),
            ("Sky,Body\nday,a\nday", "table, row 3: 1 cells, the first row has 2"),
            ("Sky,Body\nday,c", "table, row 2: the layer 'Body' has no trait 'c'; did you mean 'a'?"),
            ("number,Sky,Body\n7,day,a\n9,\"night, dark\",a", "table, row 3: number '9' where 8 follows"),
            ("Sky,Body\n\"day,a", "table: a quote is not closed"),
        ])
    func badTables(text: String, expected: String) throws {
        let project = try project(sample)
        let error = #expect(throws: ProjectError.self) { try CollectionPlan(parsingTable: Array(text.utf8), for: project) }
        #expect(error?.description == expected)
    }
}
