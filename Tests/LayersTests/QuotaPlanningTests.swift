import Testing

@testable import AtelierLayers

@Suite("Exact counts")
struct QuotaPlanningTests {
    @Test("Traits with a count occur exactly as often, the others share the rest by weight")
    func counts() throws {
        let sample = try project(
            """
            {'layers':[{'name':'Eyes','traits':[{'name':'laser','count':11},{'name':'plain','weight':3},{'name':'sad','weight':1}]},
             {'name':'Hat','probability':0.5,'exact':true,'traits':[{'name':'cap','weight':2},{'name':'crown','weight':1}]},
             {'name':'Body','traits':[{'name':'a'},{'name':'b'},{'name':'c'},{'name':'d'},{'name':'e'},{'name':'f'}]},
             {'name':'Sky','traits':[\((0..<9).map { "{'name':'\($0)'}" }.joined(separator: ","))]}],
             'rules':[{'kind':'exclude','a':['Eyes','laser'],'b':['Hat','crown']},{'kind':'require','a':['Hat','cap'],'b':['Body',['a','b','c']]}],
             'oneOfOnes':[{'file':'gold.png'}]}
            """)
        let plan = try sample.plan(count: 112)
        let items = choices(plan).filter { $0[0] != CollectionPlan.none }
        #expect(items.count == 111 && Set(items).count == 111)
        #expect([0, 1, 2].map { eyes in items.count { $0[0] == eyes } } == [11, 75, 25])
        #expect([0, 1, CollectionPlan.none].map { hat in items.count { $0[1] == hat } } == [37, 19, 55])
        #expect(items.allSatisfy { item in sample.rules.allSatisfy { $0.isKept(by: item[...]) } })
        #expect(try sample.plan(count: 112) == plan)
    }

    @Test("A whole small space with exact counts is found by exchanges")
    func exhausted() throws {
        let sample = try project(weights: [["1", "1", "1"], ["1", "1", "1"]], more: ",'exact':true")
        #expect(Set(choices(try sample.plan(count: 9))).count == 9)
    }

    @Test(
        "Shares are whole numbers by the largest remainder",
        arguments: [([1, 1, 1], 10, [4, 3, 3]), ([50, 30, 15, 5], 7, [4, 2, 1, 0])])
    func remainders(weights: [Int], count: Int, shares: [Int]) {
        let layer = Layer(name: "L", traits: weights.map { Trait(name: "\($0)", weight: Weight(UInt64($0)), pieces: []) })
        #expect(LayerOptions(layer, index: 0).shares(of: count) { _ in true } == shares)
    }

    @Test(
        "Counts that cannot be are refused with the numbers",
        arguments: [
            ("'count':30", "'weight':1", "", "the exact counts of layer 'L' add up to 30, but 25 items have the layer"),
            ("'count':3", "'count':4", "", "the exact counts of layer 'L' add up to 7, but 25 items have the layer"),
            (
                "'count':20", "'weight':1", "'rules':[{'kind':'exclude','a':['L','x'],'b':['M','a']}],",
                "no plan has these exact counts under the rule 'exclude L: x with M: a': "
                    + "its choices are to occur 33 times in 25 items, at most 25 go together"
            ),
            (
                "'count':20", "'weight':1", "'rules':[{'kind':'require','a':['L','x'],'b':['M','a']}],",
                "no plan has these exact counts under the rule 'L: x requires M: a': "
                    + "its conditions hold 18 times in 25 items, at least 25 are needed"
            ),
        ])
    func refused(x: String, y: String, rules: String, expected: String) throws {
        let sample = try project(
            """
            {\(rules)'layers':[{'name':'L','traits':[{'name':'x',\(x)},{'name':'y',\(y)}]},
             {'name':'M','exact':true,'traits':[{'name':'a'},{'name':'b'}]},
             {'name':'N','traits':[\((0..<30).map { "{'name':'\($0)'}" }.joined(separator: ","))]}]}
            """)
        let error = #expect(throws: PlanningError.self) { try sample.plan(count: 25) }
        #expect(error?.description == expected)
    }

    @Test("A trait that is to occur more often than it is in combinations is refused with the number")
    func noRoom() throws {
        let sample = try project(weights: [["8", "1", "1"], ["1", "1", "1"]], more: ",'exact':true")
        let error = #expect(throws: PlanningError.self) { try sample.plan(count: 5) }
        #expect(
            error?.description == "4 different items asked for, but 'L0: t0' is in only 3 combinations that keep to the rules")
    }

    @Test("Counts for which no plan is found are refused, with what is still wrong")
    func unsolved() throws {
        // Each pair of layers goes together, all three do not.
        let sample = try project(
            weights: [["1", "1"], ["1", "1"], ["1", "1"], [String](repeating: "1", count: 40)],
            more: """
                ,'exact':true,'rules':[{'kind':'together','of':[['L0','t0'],['L1','t0']]},{'kind':'together','of':[['L1','t0'],['L2','t0']]},
                {'kind':'together','of':[['L2','t0'],['L0','t1']]}]
                """)
        #expect(throws: PlanningError.self) { try sample.plan(count: 20) }
    }
}
