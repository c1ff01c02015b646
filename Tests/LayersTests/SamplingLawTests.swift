import Testing

@testable import AtelierLayers

@Suite("Sampling law")
struct SamplingLawTests {
    /// How often each combination comes first, and each pair comes first and second, over many seeds; and how often it should: by weight,
    /// then by weight among those that are left.
    private func check(_ sample: Project, seeds: Int) throws {
        var project = sample
        let all = allCombinations(of: project), whole = all.reduce(0) { $0 + $1.weight }
        var first = [Int](repeating: 0, count: all.count), pairs = [Int](repeating: 0, count: all.count * all.count)
        for seed in 0..<seeds {
            project.seed = UInt64(seed)
            let places = choices(try project.plan(count: 2)).map { item in all.firstIndex { $0.choice == item } ?? -1 }
            first[places[0]] += 1
            pairs[places[0] * all.count + places[1]] += 1
        }
        #expect(deviation(of: first, from: all.map { $0.weight / whole * Double(seeds) }) < 4)
        let expected = all.indices.flatMap { a in
            all.indices.map { b in a == b ? 0 : all[a].weight / whole * all[b].weight / (whole - all[a].weight) * Double(seeds) }
        }
        #expect(zip(pairs, expected).allSatisfy { $1 > 0 || $0 == 0 })
        #expect(deviation(of: pairs, from: expected) < 4)
    }

    @Test("Rejection gives each combination its weight among those left")
    func rejection() throws {
        try check(
            try project(
                weights: [["5", "3", "2"], ["1", "1", "4"]], more: ",'rules':[{'kind':'exclude','a':['L0','t0'],'b':['L1',['t0','t1']]}]"),
            seeds: 2500)
    }

    @Test("Exact drawing gives the same law, where rules leave too little for rejection")
    func exact() throws {
        let sample = try project(
            weights: [["1", "1", "1000"], ["5", "3", "900"], ["2", "1.5", "0.25"]],
            more: """
                ,'rules':[{'kind':'exclude','a':['L0','t2'],'b':['L1']},{'kind':'exclude','a':['L0',['t0','t1']],'b':['L1','t2']},
                {'kind':'require','a':['L2','t2'],'b':['L0','t1']}]
                """)
        let space = try sample.space(of: 0, distinct: [0, 1, 2])
        #expect(space.count == 10)
        #expect(space.weight.ratio(to: space.options.reduce(1) { $0 * $1.total }) < 0.02)
        try check(sample, seeds: 2500)
    }

    @Test("A layer with a probability is there in that share of items")
    func probability() throws {
        let sample = try project(
            """
            {'seed':3,'layers':[{'name':'Hat','probability':0.3,'traits':[{'name':'a'},{'name':'b','weight':2}]},
             {'name':'Body','traits':[\((0..<200).map { "{'name':'\($0)'}" }.joined(separator: ","))]},
             {'name':'Face','traits':[\((0..<200).map { "{'name':'\($0)'}" }.joined(separator: ","))]}]}
            """)
        let hats = choices(try sample.plan(count: 3000)).map { $0[0] }
        #expect(deviation(of: [0, 1, CollectionPlan.none].map { hat in hats.count { $0 == hat } }, from: [300, 600, 2100]) < 4)
    }
}
