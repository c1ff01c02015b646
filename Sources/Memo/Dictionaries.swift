import AtelierScheduling

/// The dictionaries of a folder: finds them by id for reading, and trains one for each kind of fragment that is written.
///
/// The first `firstSamples` distinct fragments of a kind train its first dictionary, in the background; after `allSamples`
/// there is another try, and after that only when what is written has drifted away: when the last `window` fragments
/// together are coded 10 % worse than the fragments that judged the dictionary. A new one is used only when it is worth it
/// and safely in the folder. Which samples train depends on the order in which they came and on nothing else.
final class Dictionaries: Sendable {
    /// 50 samples give four fifths of what 2 000 gain on icons, 500 all of it.
    static let firstSamples = 64, allSamples = 512
    /// Most bytes of samples kept for a kind, and most kinds: so much memory at most, 16 MiB.
    static let sampleBytes = 1 << 20, largestKindCount = 16
    static let window = 256
    static let drifted = 0.9
    /// Most dictionaries a folder gets: retraining stops there.
    private static let largestCount = 64

    private let folder: DictionaryFolder
    private let background: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let state = Lock(State())

    private struct State: Sendable {
        var hasListed = false
        var kinds: [FragmentKind: Known] = [:]
        var loaded: [UInt64: CompressionDictionary] = [:]
        var count = 0
    }

    init(in folder: DictionaryFolder, background: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.folder = folder
        self.background = background
    }

    // MARK: Reading

    /// The dictionary with an id, from memory or from the folder.
    ///
    /// - Throws: `.damaged` when it is lost, so that its entries are misses and go; `.foreign` when it cannot be read just now.
    func dictionary(_ id: UInt64) throws(EntryFile.Problem) -> CompressionDictionary {
        if let loaded = state.withLock({ $0.loaded[id] }) { return loaded }
        let file: Blob
        do throws(Blob.FileError) {
            file = try folder.load(id)
        } catch .notFound {
            throw .damaged("its dictionary is lost")
        } catch .tooLarge {
            throw .damaged("its dictionary is damaged")
        } catch {
            throw .foreign
        }
        guard CompressionDictionary.id(of: file) == id, let dictionary = CompressionDictionary(file) else {
            throw .damaged("its dictionary is damaged")
        }
        keep(dictionary)
        return dictionary
    }

    private func keep(_ dictionary: CompressionDictionary) {
        state.withLock { state in
            // More than a folder has: they come from elsewhere, and are read again when they are needed.
            if state.loaded.count >= 2 * Self.largestCount { state.loaded.removeAll() }
            state.loaded[dictionary.id] = dictionary
        }
    }

    // MARK: Writing

    /// The dictionary that fragments of a kind are coded with now; nil while there is none. The fragment becomes a sample
    /// where samples are wanted.
    func dictionary(of kind: FragmentKind, seeing fragment: Blob) -> CompressionDictionary? {
        listOnce()
        let (current, samples) = state.withLock { state -> (CompressionDictionary?, [Blob]?) in
            if state.kinds[kind] == nil {
                guard state.kinds.count < Self.largestKindCount else { return (nil, nil) }
                state.kinds[kind] = Known()
            }
            return state.kinds[kind]!.see(fragment)
        }
        if let samples { background { self.train(on: samples, kind, current) } }
        return current
    }

    /// Takes the newest dictionary of every kind from the folder, once.
    private func listOnce() {
        if state.withLock({ $0.hasListed }) { return }
        let ids = folder.ids(Self.largestCount)
        // What cannot be read now is not used for writing.
        let found = ids.compactMap { try? dictionary($0) }
        state.withLock { state in
            if state.hasListed { return }
            state.hasListed = true
            state.count = ids.count
            for new in found.sorted(by: { ($0.generation, $0.id) < ($1.generation, $1.id) }) where state.kinds.count < Self.largestKindCount
            {
                state.kinds[new.kind] = Known(new)
            }
        }
    }

    private func train(on samples: [Blob], _ kind: FragmentKind, _ current: CompressionDictionary?) {
        let (dictionary, ratioInUse) = CompressionDictionary.trained(on: samples, of: kind, replacing: current)
        let isKept = dictionary.map { folder.save($0.id, $0.file) } ?? false
        if let dictionary, isKept { keep(dictionary) }
        state.withLock { state in
            guard var known = state.kinds[kind] else { return }
            if let dictionary, isKept {
                state.count += 1
                (known.current, known.expected) = (dictionary, dictionary.ratio)
            } else if current != nil {
                known.expected = ratioInUse
            }
            (known.raw, known.coded) = (0, 0)
            known.trained(mayTrainAgain: state.count < Self.largestCount)
            state.kinds[kind] = known
        }
    }

    /// Notes what became of a fragment that was to be coded with a dictionary.
    func note(_ raw: Int, became coded: Int, with dictionary: CompressionDictionary) {
        state.withLock { state in
            guard state.kinds[dictionary.kind]?.current === dictionary else { return }
            state.kinds[dictionary.kind]!.note(raw, coded, mayTrain: state.count < Self.largestCount)
        }
    }

    /// Sees to it that a dictionary is in the folder, which somebody may have emptied since it was loaded. Called when what
    /// was coded with it is kept: whoever empties the folder after that finds the entry, and removes it.
    func assure(_ id: UInt64) {
        // A failure shows when the entry is read: it is a miss.
        if let dictionary = state.withLock({ $0.loaded[id] }) { _ = folder.save(id, dictionary.file) }
    }
}

/// What is known about one kind of fragment.
private struct Known: Sendable {
    var current: CompressionDictionary?
    /// Train when there are so many samples; 0 while none are wanted.
    var wanted = Dictionaries.firstSamples
    var samples: [Blob] = []
    var sampleBytes = 0
    var seen: Set<UInt64> = []
    /// What to expect of the current dictionary, and what became of the fragments since it was looked at last.
    var expected = 0.0
    var raw = 0, coded = 0, uses = 0

    init(_ dictionary: CompressionDictionary? = nil) {
        guard let dictionary else { return }
        current = dictionary
        expected = dictionary.ratio
        wanted = dictionary.sampleCount < Dictionaries.allSamples / 2 ? Dictionaries.allSamples : 0
    }

    /// Keeps a fragment as a sample where samples are wanted; gives all of them out when they are enough.
    mutating func see(_ fragment: Blob) -> (CompressionDictionary?, [Blob]?) {
        guard wanted > samples.count, seen.insert(fragment.withUnsafeBytes(xxh3)).inserted else { return (current, nil) }
        samples.append(Blob(Array(fragment.bytes)))  // a copy: a slice would keep the whole alive
        sampleBytes += fragment.count
        guard samples.count == wanted || sampleBytes >= Dictionaries.sampleBytes else { return (current, nil) }
        wanted = min(wanted, samples.count)
        return (current, samples)
    }

    /// Decides what comes after a training: more samples up to `allSamples`, then none.
    mutating func trained(mayTrainAgain: Bool) {
        let isDone = samples.count >= Dictionaries.allSamples || sampleBytes >= Dictionaries.sampleBytes || !mayTrainAgain
        wanted = isDone ? 0 : Dictionaries.allSamples
        if isDone { (samples, sampleBytes, seen) = ([], 0, []) }
    }

    /// Sums up what became of fragments; when there are enough of them and they have drifted away, samples are wanted again.
    mutating func note(_ raw: Int, _ coded: Int, mayTrain: Bool) {
        self.raw += raw
        self.coded += coded
        uses += 1
        guard uses % Dictionaries.window == 0 else { return }
        if wanted == 0, mayTrain, Double(self.raw) < Double(self.coded) * expected * Dictionaries.drifted {
            wanted = Dictionaries.allSamples
        }
        (self.raw, self.coded) = (0, 0)
    }
}
