import AtelierJSON
import Testing

@testable import AtelierLayers

private let layers = """
    'layers':[{'name':'Sky','traits':[{'name':'day'},{'name':'None'}]},{'name':'Hat','probability':0.5,'traits':[{'name':'cap'}]},
     {'name':'Frame','display':false,'traits':[{'name':'thin'}]},{'name':'Body','display':'Figure','traits':[{'name':'a'},{'name':'b','hidden':true}]}]
    """

private func sample(_ metadata: String) throws -> (Project, CollectionPlan) {
    let project = try project(
        "{'name':'Desk','description':'Saïd','start':7,\(layers),'oneOfOnes':[{'name':'Gold','file':'g.png','attributes':{'Kind':'rare'}}],"
            + "'metadata':{\(metadata)}}")
    var plan = CollectionPlan(seed: 0, start: 7, layerCount: 4)
    plan.append([0, 0, 0, 0], configuration: 0)
    plan.append([1, CollectionPlan.none, 0, 1], configuration: 0)
    plan.append(handMade: 0)
    return (project, plan)
}

private func document(_ bytes: [UInt8]) throws -> [String: JSON] {
    guard case .object(let members) = try JSON(parsing: bytes) else { return [:] }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
}

private func pairs(_ json: JSON?) -> [String] {
    guard case .array(let elements)? = json else { return [] }
    return elements.map { element in
        guard case .object(let members) = element, case .string(let name) = members[0].value, case .string(let value) = members[1].value
        else {
            return "?"
        }
        return "\(members[0].name) \(name), \(members[1].name) \(value)"
    }
}

@Suite("Metadata")
struct MetadataTests {
    @Test("ERC-721: core members, attributes in the order of layers, without what is hidden")
    func erc721() throws {
        let (project, plan) = try sample("'baseURI':'ipfs://abc','externalURL':'https://desk'")
        let first = try document(project.metadataBytes(of: plan[0], standard: .erc721, pictureEnding: "png"))
        #expect(first["name"] == .string("Desk #7") && first["image"] == .string("ipfs://abc/7.png") && first["edition"] == .integer(7))
        #expect(first["description"] == .string("Saïd") && first["external_url"] == .string("https://desk"))
        #expect(pairs(first["attributes"]) == ["trait_type Sky, value day", "trait_type Hat, value cap", "trait_type Figure, value a"])
        let second = try document(project.metadataBytes(of: plan[1], standard: .erc721, pictureEnding: "webp"))
        #expect(pairs(second["attributes"]) == ["trait_type Sky, value None"] && second["image"] == .string("ipfs://abc/8.webp"))
        let gold = try document(project.metadataBytes(of: plan[2], standard: .erc721, pictureEnding: "png"))
        #expect(gold["name"] == .string("Gold") && pairs(gold["attributes"]) == ["trait_type Kind, value rare"])
    }

    @Test("Metaplex: fee, files, and creators whose shares sum to 100")
    func metaplex() throws {
        let (project, plan) = try sample(
            "'symbol':'DSK','sellerFeeBasisPoints':500,'omitNone':true,'creators':[{'address':'x','share':70},{'address':'y','share':30}]")
        let first = try document(project.metadataBytes(of: plan[1], standard: .metaplex, pictureEnding: "png"))
        #expect(first["symbol"] == .string("DSK") && first["seller_fee_basis_points"] == .integer(500) && pairs(first["attributes"]) == [])
        #expect(
            first["properties"]?.text
                == #"{"files":[{"uri":"../images/8.png","type":"image/png"}],"category":"image","creators":[{"address":"x","share":70},{"address":"y","share":30}]}"#
        )
        let error = #expect(throws: ProjectError.self) { try sample("'creators':[{'address':'x','share':70},{'address':'y','share':70}]") }
        #expect(error?.description == "metadata.creators: the shares sum to 140; they have to sum to 100")
    }

    @Test("A template is filled: a text alone becomes the value, within a text it is written out; unknown places are errors")
    func templates() throws {
        let (project, plan) = try sample(
            "'namePattern':'{number} of {name}','template':{'id':'{number}','title':'{name} ({trait:Hat})','all':['{attributes}'],'file':'{image}'}"
        )
        #expect(
            String(decoding: project.combinedMetadataBytes(of: plan, standard: .erc721, pictureEnding: "png"), as: UTF8.self)
                .split(separator: "\n")[2]
                == #"{"id":8,"title":"8 of Desk ()","all":[[{"trait_type":"Sky","value":"None"}]],"file":"../images/8.png"},"#)
        let error = #expect(throws: ProjectError.self) { try sample("'template':{'x':'{trait:Hut}'}") }
        #expect(error?.description == "metadata.template: there is no {trait:Hut}; did you mean 'trait:Hat'?")
        #expect(throws: ProjectError.self) { try sample("'namePattern':'{names}'") }
    }

    @Test("The combined file holds what the single files hold")
    func combined() throws {
        let (project, plan) = try sample("")
        guard case .array(let all) = try JSON(parsing: project.combinedMetadataBytes(of: plan, standard: .metaplex, pictureEnding: "png"))
        else {
            Issue.record("no array")
            return
        }
        #expect(
            try all == (0..<3).map { try JSON(parsing: project.metadataBytes(of: plan[$0], standard: .metaplex, pictureEnding: "png")) })
    }

    @Test("Standards go by the names of chains and markets too")
    func names() {
        #expect(MetadataStandard(name: "OpenSea") == .erc721 && MetadataStandard(name: "solana") == .metaplex)
        #expect(MetadataStandard(name: "x") == nil && MetadataStandard.allCases.allSatisfy { MetadataStandard(name: $0.rawValue) == $0 })
    }
}

@Suite("Rarity")
struct RarityTests {
    @Test("Frequencies stand beside what was asked for and what rules leave; absence counts; ranks follow the product of counts")
    func frequencies() throws {
        let project = try project(
            """
            {'layers':[{'name':'L','traits':[{'name':'x','weight':3},{'name':'y','weight':1}]},
             {'name':'M','probability':0.5,'traits':[{'name':'z'}]}],
             'rules':[{'kind':'exclude','a':['L','y'],'b':['M','z']}],'oneOfOnes':[{'file':'g.png','number':2}]}
            """)
        let plan = try project.plan(count: 4), rarity = Rarity(of: plan, in: project)
        #expect(rarity.combinedCount == 3)
        #expect(rarity.frequencies.map(\.asked) == [0.75, 0.25, 0.5, 0.5])
        let expected = rarity.frequencies.map { $0.expected ?? -1 }
        #expect(zip(expected, [6.0 / 7, 1.0 / 7, 3.0 / 7, 4.0 / 7]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(rarity.frequencies.map(\.count) == [2, 1, 1, 2])
        // x with z: 2·1, x without: 2·2, y without: 1·2.
        let ranks = Dictionary(uniqueKeysWithValues: rarity.ranks.map { (plan[$0.index].traits.map(\.self), $0) })
        let none = CollectionPlan.none
        #expect(rarity.ranks[1].rank == 1 && rarity.ranks[1].information == 2)
        #expect(ranks[[0, 0]]?.rank == 2 && ranks[[1, none]]?.rank == 2 && ranks[[0, none]]?.rank == 4)
        #expect(ranks[[0, 0]]?.score == 1.5 + 3)
        let table = String(decoding: rarity.tableBytes(for: project), as: UTF8.self)
        #expect(table.contains("L,x,75.0000,85.7143,66.6667,2\r\n") && table.contains("M,,50.0000,57.1429,66.6667,2\r\n"))
        #expect(throws: Never.self) { try JSON(parsing: rarity.documentBytes(of: plan, for: project)) }
    }

    @Test("Logarithms are right to 40 binary places")
    func logarithms() {
        for (number, logarithm) in [(1, 0.0), (2, 1), (1024, 10), (3, 1.584962500721156), (10_000, 13.287712379549449)] {
            #expect(abs(binaryLogarithm(UInt64(number)) - logarithm) < 2e-12)
        }
        #expect(binaryLogarithm(.max) <= 64 && binaryLogarithm(.max) > 63.999_999)
    }
}

@Suite("Provenance")
struct ProvenanceTests {
    @Test(
        "SHA-256 is that of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func standard(text: String, digits: String) {
        let bytes = Array(text.utf8)
        // In pieces of every length, which must make no difference.
        for piece in 1...max(1, bytes.count) {
            for isPlain in [false, true] {
                var hash = SHA256(plainly: isPlain)
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    hash.update(Array(bytes[start..<min(bytes.count, start + piece)]).span)
                }
                #expect(Provenance(pictures: [hash.finish()]).pictures == [digits])
            }
        }
    }

    @Test("With the processor's instructions and without, the hash of any number of bytes is the same")
    func everyLength() {
        let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
        for count in 0...bytes.count {
            var first = SHA256(), second = SHA256(plainly: true)
            first.update(Array(bytes[..<count]).span)
            second.update(Array(bytes[..<(count / 3)]).span)
            second.update(Array(bytes[(count / 3)..<count]).span)
            #expect(first.finish() == second.finish())
        }
    }

    @Test("A million letters, and the hash over hashes")
    func long() {
        var hash = SHA256()
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 100_003)
        for _ in 0..<9 { hash.update(letters.span) }
        hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000 - 9 * 100_003).span)
        let million = hash.finish()
        let provenance = Provenance(pictures: [million, million])
        #expect(provenance.pictures[0] == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(provenance.hash == "c8280c417feb49584be4e3a60fa22ebf279b9b29c34b7bceae53ffd194cd0041")
    }
}
