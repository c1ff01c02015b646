// An optimised build of everything that links the standard library statically has no Testing, and needs none.
#if canImport(Testing)
    package import AtelierMemo
    import AtelierTesting
    import Testing

    /// What every store must do. A store's tests run each of them:
    ///
    ///     @Test(arguments: StoreConformance.allCases)
    ///     func conformance(_ behaviour: StoreConformance) async throws {
    ///         try await behaviour.check { limit in MemoryStore(limit: limit) }
    ///     }
    package enum StoreConformance: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case bytesComeBack = "Bytes come back with everything in their header"
        case valuesComeBack = "A value comes back as itself or written in its format"
        case memoryOnlyValues = "A value without a byte format is kept only where values can be kept"
        case aliases = "An alias comes back as the digest it names"
        case failures = "A storable failure comes back as its text"
        case emptyPayload = "No bytes are an answer too"
        case replacing = "The later of two entries under one digest wins"
        case evicting = "An evicted entry is gone, and evicting twice does no harm"
        case peeking = "A peek gives the header, also of an alias, and nothing for an unknown digest"
        case otherDigests = "A digest that differs in one bit finds nothing"
        case oversize = "An entry larger than the store is not kept and pushes nothing out"
        case bound = "However much is put, what is kept stays within the limit, and the last entry is there"
        case concurrency = "Tasks that put, get and evict at once only ever see whole and right entries"

        package var testDescription: String { rawValue }

        /// Runs the behaviour. `make` gives a fresh, empty store that keeps at most so many bytes.
        package func check(on make: @Sendable (_ limit: Int) throws -> any Store) async throws {
            let store = try make(16 << 20)
            switch self {
            case .bytesComeBack:
                for count in [1, 511, 512, 5_000, 70_000, 300_000] {
                    let entry = makeEntry(text(count), name: "count \(count)")
                    store.put(entry)
                    #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true, "\(count) bytes of text")
                    let incompressible = makeEntry(noise(count), name: "noise \(count)")
                    store.put(incompressible)
                    #expect(store.get(incompressible.header.digest).entry.map(same(as: incompressible)) == true, "\(count) bytes of noise")
                }
            case .valuesComeBack:
                var entry = makeEntry(Blob([]), name: "value")
                entry.payload = .value(Written(text: "as it was"))
                store.put(entry)
                let found = try #require(store.get(entry.header.digest).entry)
                switch found.payload {
                case .value(let value): #expect(value as? Written == Written(text: "as it was"))
                case .bytes(let bytes):
                    let format = try #require(Written.format)
                    #expect(found.header.format == format.name && found.header.formatVersion == format.version)
                    #expect(try format.decode(bytes) == Written(text: "as it was"))
                default: Issue.record("neither a value nor bytes: \(found.payload)")
                }
            case .memoryOnlyValues:
                var entry = makeEntry(Blob([]), name: "unwritten")
                (entry.header.format, entry.header.formatVersion) = ("", 0)
                entry.payload = .value(Unwritten())
                store.put(entry)
                #expect(store.keeps(entry.header.digest) == !store.storesBytesOnly)
            case .aliases:
                let target = digest("target")
                var entry = makeEntry(Blob([]), name: "alias")
                entry.payload = .alias(target)
                store.put(entry)
                guard case .alias(target) = store.get(entry.header.digest).entry?.payload else {
                    Issue.record("the alias did not come back")
                    return
                }
            case .failures:
                var entry = makeEntry(Blob([]), name: "failure")
                entry.payload = .failure("logo.png: byte 7: ünexpected")
                store.put(entry)
                guard case .failure("logo.png: byte 7: ünexpected") = store.get(entry.header.digest).entry?.payload else {
                    Issue.record("the failure did not come back")
                    return
                }
            case .emptyPayload:
                let entry = makeEntry(Blob([]), name: "empty")
                store.put(entry)
                #expect(store.get(entry.header.digest).entry.map(same(as: entry)) == true)
            case .replacing:
                store.put(makeEntry(text(100), name: "one", digest: digest("same")))
                let later = makeEntry(text(20_000), name: "other", digest: digest("same"))
                store.put(later)
                #expect(store.get(digest("same")).entry.map(same(as: later)) == true)
            case .evicting:
                let (first, second) = (makeEntry(text(100), name: "first"), makeEntry(text(100), name: "second"))
                store.put(first)
                store.put(second)
                store.evict(first.header.digest)
                store.evict(first.header.digest)
                #expect(!store.keeps(first.header.digest))
                #expect(store.peek(first.header.digest) == nil)
                #expect(store.get(second.header.digest).entry.map(same(as: second)) == true)
            case .peeking:
                let entry = makeEntry(text(100_000), name: "peek")
                store.put(entry)
                #expect(store.peek(entry.header.digest) == entry.header)
                var alias = makeEntry(Blob([]), name: "peek alias")
                alias.payload = .alias(entry.header.digest)
                store.put(alias)
                #expect(store.peek(alias.header.digest)?.digest == alias.header.digest)
                #expect(store.peek(digest("unknown")) == nil)
            case .otherDigests:
                let entry = makeEntry(text(1_000), name: "one")
                store.put(entry)
                let words = entry.header.digest.words
                for bit in 0..<64 {
                    let flip = UInt64(1) << UInt64(bit)
                    #expect(store.get(Digest(words: (words.0 ^ flip, words.1, words.2, words.3))).entry == nil)
                    #expect(store.get(Digest(words: (words.0, words.1, words.2 ^ flip, words.3))).entry == nil)
                    #expect(store.get(Digest(words: (words.0, words.1, words.2, words.3 ^ flip))).entry == nil)
                }
            case .oversize:
                let store = try make(1 << 20)
                let small = makeEntry(noise(10_000), name: "small")
                store.put(small)
                let large = makeEntry(noise(1 << 20), name: "large")
                store.put(large)
                #expect(!store.keeps(large.header.digest))
                #expect(store.get(small.header.digest).entry.map(same(as: small)) == true)
            case .bound:
                let limit = 1 << 20
                let store = try make(limit)
                var entries: [Entry] = []
                for number in 0..<150 {
                    entries.append(makeEntry(noise(20_000 + number), name: "\(number)"))
                    store.put(entries[number])
                    if number % 10 == 9 {
                        let kept = entries.filter { store.peek($0.header.digest) != nil }.reduce(0) { $0 + $1.header.byteCount }
                        #expect(kept <= limit)
                        #expect(kept > limit / 10, "a store that keeps nothing keeps every limit")
                    }
                    #expect(store.keeps(entries[number].header.digest), "entry \(number), just put")
                }
            case .concurrency:
                let failures = await withTaskGroup(of: [String].self) { group in
                    for task in 0..<8 {
                        group.addTask { self.disturb(store, seed: UInt64(task)) }
                    }
                    return await group.reduce(into: []) { $0 += $1 }
                }
                #expect(failures.isEmpty, "\(failures.prefix(3))")
            }
        }

        private func disturb(_ store: any Store, seed: UInt64) -> [String] {
            var random = SplitMix(seed: seed), failures: [String] = []
            for _ in 0..<150 {
                let key = Int.random(in: 0..<12, using: &random)
                let entry = makeEntry(text(300 + key * 3_000), name: "key \(key)")
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4: store.put(entry)
                case 4: store.evict(entry.header.digest)
                case 5:
                    if let header = store.peek(entry.header.digest), header != entry.header {
                        failures.append("peek, seed \(seed), \(header)")
                    }
                default:
                    if let found = store.get(entry.header.digest).entry, !same(as: entry)(found) {
                        failures.append("get, seed \(seed), key \(key)")
                    }
                }
            }
            return failures
        }
    }

    // MARK: - Entries to put

    private struct Written: Storable, Equatable {
        var text: String
        var byteCount: Int { text.utf8.count }
        static var format: StorageFormat<Written>? {
            StorageFormat(
                name: "test.written", version: 7, encode: { Blob($0.text) },
                decode: { Written(text: $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }) })
        }
    }

    private struct Unwritten: Storable {
        var byteCount: Int { 8 }
    }

    extension Store {
        /// Whether there is an entry; its bytes stay out of the test's report.
        package func keeps(_ digest: Digest) -> Bool { get(digest).entry != nil }
    }

    package func digest(_ text: String) -> Digest { Digest(hashing: Blob(text)) }

    /// An entry with something in every field of its header.
    package func makeEntry(_ bytes: Blob, name: String, digest own: Digest? = nil) -> Entry {
        let header = EntryHeader(
            digest: own ?? digest(name), stage: "test.\(name)", stageVersion: 3, format: "blob", formatVersion: 1, byteCount: bytes.count,
            selfCost: 12_345, chainCost: 1 << 40, created: 1_700_000_000, expires: 1 << 40,
            tags: [TagGeneration(tag: "font/Lato", generation: 2), TagGeneration(tag: "ü", generation: .max)])
        return Entry(header: header, payload: .bytes(bytes))
    }

    package func same(as expected: Entry) -> (Entry) -> Bool {
        { found in
            guard found.header == expected.header, case .bytes(let bytes) = found.payload, case .bytes(let want) = expected.payload else {
                return false
            }
            return bytes == want
        }
    }

    /// Bytes that compress well.
    package func text(_ count: Int) -> Blob {
        // A loop over memory: `map` takes most of a run under the thread sanitizer.
        Blob(
            [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                for i in 0..<count { buffer[i] = UInt8(truncatingIfNeeded: i / 100 &* 31 ^ i % 10) }
                filled = count
            })
    }

    /// Bytes that do not compress.
    package func noise(_ count: Int) -> Blob {
        var random = SplitMix(seed: UInt64(count))
        return Blob(random.bytes(count))
    }
#endif
