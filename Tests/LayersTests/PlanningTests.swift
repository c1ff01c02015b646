import AtelierTesting
import Testing

@testable import AtelierLayers

@Suite("Planning")
struct PlanningTests {
    @Test("A tight set gives all of its 47 combinations, once each, and refuses 48 with the number")
    func tightSet() throws {
        let project = try project(tight)
        #expect(try project.combinationCount() == 47)
        let items = choices(try project.plan(count: 47))
        #expect(Set(items).count == 47 && items.allSatisfy { item in project.rules.allSatisfy { $0.isKept(by: item[...]) } })
        let error = #expect(throws: PlanningError.self) { try project.plan(count: 48) }
        #expect(error?.description == "48 different items asked for, but there are only 47 combinations that keep to the rules")
    }

    @Test("Counts and shares under random rules are those of listing every combination; seeds 0 to 99")
    func countsAgainstListing() throws {
        for seed in 0..<100 {
            var random = SplitMix(seed: UInt64(seed))
            let project = try randomProject(layers: 2 + seed % 5, traits: 1...4, rules: seed % 9, using: &random)
            let all = allCombinations(of: project)
            #expect(try project.combinationCount() == BigNatural(UInt64(all.count)), "seed \(seed)")
            guard !all.isEmpty else { continue }
            let space = try project.space(of: 0, distinct: Array(project.layers.indices)), shares = space.shares()
            let whole = all.reduce(0) { $0 + $1.weight }
            for (options, shares) in zip(space.options, shares) {
                for (trait, share) in zip(options.traits, shares) {
                    let expected = all.reduce(0) { $0 + ($1.choice[options.layer] == trait ? $1.weight : 0) } / whole
                    #expect(abs(share - expected) < 1e-12, "seed \(seed)")
                }
            }
        }
    }

    @Test("Twelve layers under forty rules are counted as listing counts them; seeds 0 to 2")
    func fortyRules() throws {
        for seed in 0..<3 {
            var random = SplitMix(seed: UInt64(1000 + seed)), candidate: Project?
            // Most sets of forty rules leave nothing; rules are taken as long as something is left.
            let drawn = try randomProject(layers: 12, traits: 2...2, rules: 120, using: &random)
            var project = drawn
            project.rules = []
            for rule in drawn.rules where project.rules.count < 40 {
                candidate = project
                candidate?.rules.append(rule)
                if let next = candidate, try !next.combinationCount().isZero { project = next }
            }
            #expect(project.rules.count == 40)
            #expect(try project.combinationCount() == BigNatural(UInt64(allCombinations(of: project).count)), "seed \(seed)")
        }
    }

    @Test("A space of 1005 gives 1000 different items at skewed weights")
    func nearExhaustion() throws {
        let weights = [67, 5, 3].map { count in (0..<count).map { "\(1 + 1000 / ($0 * $0 + 1)).\($0)" } }
        let items = choices(try project(weights: weights).plan(count: 1000))
        #expect(Set(items).count == 1000)
    }

    @Test("Numbers beyond 64 bits are exact: counts, and weights 80 powers of ten apart")
    func large() throws {
        let project = try project(weights: [[String]](repeating: (0..<10).map { "1e\($0 * 9 - 40)" }, count: 25))
        #expect(try project.combinationCount().description == "1" + String(repeating: "0", count: 25))
        #expect(Set(choices(try project.plan(count: 20))).count == 20)
    }

    @Test("A longer plan begins with the shorter one, also when configurations and pictures made by hand are mixed")
    func prefixes() throws {
        let mixed = """
            ,'count':90,'shuffle':true,'seed':5,'configurations':[{'layers':['L0','L1'],'count':20},{'layers':['L2','L1'],'count':9},{'name':'rest'}],
            'oneOfOnes':[{'file':'a.png','number':70},{'file':'b.png'}]
            """
        let weights = [["5", "2", "1", "0.5", "0.25"], ["1", "2", "3", "4", "5"], ["1", "1", "1", "7", "3"]]
        for project in [try project(weights: weights), try project(weights: weights, more: mixed)] {
            let long = try project.plan(count: 110)
            for count in [1, 30, 89, 90, 91] {
                let short = try project.plan(count: count)
                #expect(choices(short) == Array(choices(long).prefix(count)) && short.kinds == Array(long.kinds.prefix(count)))
            }
        }
        let plan = try project(weights: weights, more: mixed).plan()
        #expect(plan.count == 90 && plan[69].kind == .handMade(0) && plan.kinds.count { $0 == 0x8001 } == 1)
        #expect(plan.kinds.count { $0 == 0 } == 20 && plan.kinds.count { $0 == 1 } == 9)
        #expect(plan.kinds.prefix(29).contains(2), "mixed, not in rows")
    }

    @Test("The plan of a seed stays what it is: rejection at first, exact drawing in the end; `layers.plan` changes its version with it")
    func reference() throws {
        let items = choices(try project(tight).plan(count: 47)).map { $0.map { String($0) }.joined() }
        #expect(
            items.joined(separator: " ")
                == "021 010 020 001 100 000 031 011 022 030 200 002 210 012 230 231 311 212 130 222 131 320 203 101 "
                + "302 201 110 300 330 310 102 312 211 321 331 220 111 323 322 301 112 213 221 303 313 223 202")
    }

    @Test("The same seed gives the same plan, another one another")
    func seeds() throws {
        var project = try project(tight)
        let plan = try project.plan(count: 20)
        #expect(try project.plan(count: 20) == plan)
        project.seed = 1
        #expect(try choices(project.plan(count: 20)) != choices(plan))
    }

    @Test("Layers that do not count for uniqueness make no item different, and their own choice still follows the rules")
    func uncounted() throws {
        let sample = try project(
            """
            {'layers':[{'name':'Sky','unique':false,'traits':[{'name':'day'},{'name':'night'}]},
             {'name':'Body','traits':[{'name':'a'},{'name':'b'},{'name':'c'}]}],
             'rules':[{'kind':'require','a':['Body','c'],'b':['Sky','night']}]}
            """)
        #expect(try sample.combinationCount() == 3)
        let items = choices(try sample.plan(count: 3))
        #expect(Set(items.map { $0[1] }).count == 3 && items.allSatisfy { $0[1] != 2 || $0[0] == 1 })
        #expect(throws: PlanningError.self) { try sample.plan(count: 4) }
    }

    @Test("A strict set occurs once, and its combinations bound the collection")
    func strictSets() throws {
        let weights = [["9", "1", "1"], ["1", "1", "1", "5"], ["1", "1", "1", "1", "1"]]
        let sample = try project(
            weights: weights, more: ",'strict':[['L1','L0']],'rules':[{'kind':'exclude','a':['L0','t0'],'b':['L1','t3']}]")
        let items = choices(try sample.plan(count: 11))
        #expect(Set(items.map { [$0[0], $0[1]] }).count == 11)
        let error = #expect(throws: PlanningError.self) { try sample.plan(count: 12) }
        #expect(
            error?.description
                == "12 different items asked for, but the strict set 'L0' + 'L1' has only 11 combinations that keep to the rules")
        let two = try project(weights: weights, more: ",'strict':[['L1','L0'],['L2','L1']]")
        let pairs = choices(try two.plan(count: 11))
        #expect(Set(pairs.map { [$0[0], $0[1]] }).count == 11 && Set(pairs.map { [$0[2], $0[1]] }).count == 11)
    }

    @Test("Configurations of the same layers share their combinations")
    func sharedSpace() throws {
        let two = try project(
            tight.dropLast() + ",'configurations':[{'name':'first','count':40},{'name':'second','layers':['C','A','B']}]}")
        #expect(Set(choices(try two.plan(count: 47))).count == 47)
        let error = #expect(throws: PlanningError.self) { try two.plan(count: 48) }
        #expect(error?.description.contains("'second' has only 47 combinations") == true)
    }

    @Test("A configuration without an optional layer makes no item that another one makes without it")
    func overlappingConfigurations() throws {
        let sample = try project(
            """
            {'layers':[{'name':'Body','traits':[{'name':'a'},{'name':'b'}]},{'name':'Hat','probability':0.5,'traits':[{'name':'c'}]}],
             'configurations':[{'layers':['Body'],'count':2},{}]}
            """)
        #expect(Set(choices(try sample.plan(count: 4))).count == 4)
        let error = #expect(throws: PlanningError.self) { try sample.plan(count: 5) }
        #expect(error?.description.hasPrefix("after 4 of 5 items the configuration '' has no combination left") == true)
    }

    @Test("Counts that nobody says, or that do not fit the configurations and numbers, are refused")
    func badCounts() throws {
        let counts = ",'configurations':[{'count':3},{'count':4}],'oneOfOnes':[{'name':'Gold','file':'g.png','number':9}]"
        let weights = [["1", "2", "3"], ["1", "2", "3"]]
        func message(_ more: String, _ count: Int?) throws -> String? {
            let sample = try project(weights: weights, more: more)
            return #expect(throws: PlanningError.self) { try sample.plan(count: count) }?.description
        }
        #expect(try message("", nil)?.hasPrefix("how many items?") == true)
        #expect(try message("", 0)?.hasPrefix("0 items: a plan holds 1 to") == true)
        #expect(try message(counts, 9)?.contains("add up to 8") == true)
        #expect(try message(counts, nil) == "the picture made by hand 'Gold' has number 9: the collection has numbers 1 to 8")
        #expect(
            try message(",'oneOfOnes':[{'name':'A','file':'a.png','number':2},{'name':'B','file':'b.png','number':2}]", 5)
                == "the picture made by hand 'B' has number 2: another one has it already")
    }
}
