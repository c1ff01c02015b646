import CAtelierFontconfig

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Everything on this machine that decides which font a text gets: fontconfig's files and the folders of fonts with their times of
/// change, and the versions of the libraries.
public struct FontEnvironment: Hashable, Sendable, Codable {
    /// All of it as text; equal texts find equal fonts.
    public let identity: String

    /// The fonts of another machine or time, by the text of their `identity`.
    package init(identity: String) { self.identity = identity }

    private struct Loaded {
        var variables: [String]
        var config: OpaquePointer
        var identity: String
        /// When its files and folders were looked at last, on the clock that only goes forward.
        var lookedAt: ContinuousClock.Instant
        /// What was found for requests in it.
        var matches: [Match: FontFile] = [:]
    }

    private struct Match: Hashable {
        var request: FontRequest
        var character: Unicode.Scalar?
    }

    private struct State { var loaded: Loaded? }

    /// A batch looks at the times of some fifty files and folders once in this while, and not for each of its small drawings. A key names the
    /// fonts that the look found, so what is made under it is right even when fonts have changed since.
    private static let lookLasts = Duration.milliseconds(100)
    private static let mostMatches = 1024

    // The configuration is used under the lock alone.
    private static let state = Guarded(State())

    /// The environment as it is now. Opens fontconfig and reads its configuration (3 ms) the first time and when a file or folder
    /// of it has changed; otherwise looks at their times (0.1 ms) unless the last look was a moment ago.
    public static var current: FontEnvironment { FontEnvironment(identity: state.with { load(&$0)?.identity ?? "no fonts" }) }

    /// - Parameter looksForChanges: False while text is being set: all of it takes the fonts that the last look found, which its key names.
    private static func load(_ state: inout State, looksForChanges: Bool = true) -> Loaded? {
        guard let library = Fontconfig.shared, let setter = HarfBuzz.shared else { return nil }
        let names = ["FONTCONFIG_FILE", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"]
        let variables = names.map { name in getenv(name).map { String(cString: $0) } ?? "" }
        if let loaded = state.loaded {
            if loaded.variables == variables {
                let now = ContinuousClock.now
                if !looksForChanges || now - loaded.lookedAt < lookLasts { return loaded }
                if library.isUpToDate(loaded.config) != 0 {
                    state.loaded?.lookedAt = now
                    return loaded
                }
            }
            library.release(loaded.config)
            state.loaded = nil
        }
        guard let config = library.load() else { return nil }
        var lines = ["fontconfig \(library.version)", "HarfBuzz \(setter.version)"]
        for list in [library.files(config), library.folders(config)] {
            while let path = library.next(list) {
                let path = path.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
                let facts = FontFile.facts(of: path) ?? (0, 0)
                lines.append("\(path) \(facts.byteCount) \(facts.modified)")
            }
            library.endList(list)
        }
        state.loaded = Loaded(variables: variables, config: config, identity: lines.joined(separator: "\n"), lookedAt: .now)
        return state.loaded
    }

    // MARK: Looking for fonts

    private static let family = "family", scalable = "scalable", variable = "variable"

    /// The font that comes nearest to a request, and has a character when one is given; nil when this machine has none.
    static func font(for request: FontRequest, with character: Unicode.Scalar? = nil) -> FontFile? {
        guard let library = Fontconfig.shared else { return nil }
        return state.with { state in
            guard let loaded = load(&state, looksForChanges: false) else { return nil }
            let match = Match(request: request, character: character)
            if let known = loaded.matches[match], FontFile.facts(of: known.path) ?? (0, 0) == (known.byteCount, known.modified) {
                return known
            }
            let found = search(for: request, with: character, in: loaded.config, library)
            if let found {
                if loaded.matches.count >= mostMatches { state.loaded?.matches = [:] }
                state.loaded?.matches[match] = found
            }
            return found
        }
    }

    private static func search(
        for request: FontRequest, with character: Unicode.Scalar?, in config: OpaquePointer, _ library: Fontconfig
    ) -> FontFile? {
        guard let pattern = library.makePattern() else { return nil }
        defer { library.releasePattern(pattern) }
        for name in request.families { _ = library.addString(pattern, family, name.utf8.map { $0 } + [0]) }
        _ = library.addInteger(pattern, "weight", library.weightFromOpenType(Int32(request.weight)))
        _ = library.addInteger(pattern, "slant", request.isItalic ? 100 : 0)
        _ = library.addInteger(pattern, "width", Int32(request.stretch))
        _ = library.addBool(pattern, scalable, 1)
        // Named instances of variable fonts are found as fonts of their own.
        _ = library.addBool(pattern, variable, 0)
        if let character, let set = library.makeCharacters() {
            _ = library.addCharacter(set, character.value)
            _ = library.addCharacters(pattern, "charset", set)
            library.releaseCharacters(set)
        }
        let matchPattern: Int32 = 0
        _ = library.substitute(config, pattern, matchPattern)
        library.addDefaults(pattern)
        var result: Int32 = 0
        if let best = library.match(config, pattern, &result) {
            defer { library.releasePattern(best) }
            if let file = file(best, library), Face.opened(file) != nil { return file }
        }
        // The best is none that HarfBuzz reads (a bitmap, a Type 1): the next best that is.
        guard let fonts = library.sort(config, pattern, 0, nil, &result) else { return nil }
        defer { library.releaseFonts(fonts) }
        for index in 0..<Int(fonts.pointee.nfont) {
            if let file = file(fonts.pointee.fonts[index], library), let face = Face.opened(file),
                character.map(face.has) ?? true
            {
                return file
            }
        }
        return nil
    }

    private static func file(_ pattern: OpaquePointer?, _ library: Fontconfig) -> FontFile? {
        func text(_ name: String, _ number: Int) -> String? {
            var bytes: UnsafeMutablePointer<UInt8>?
            guard library.string(pattern, name, Int32(number), &bytes) == 0, let bytes else { return nil }
            return bytes.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
        }
        func number(_ name: String) -> Int? {
            var value: Int32 = 0
            return library.integer(pattern, name, 0, &value) == 0 ? Int(value) : nil
        }
        guard let path = text("file", 0), let facts = FontFile.facts(of: path) else { return nil }
        var families: [String] = []
        while families.count < 16, let name = text(family, families.count) { families.append(name) }
        let weight = Int(library.weightToOpenType(Int32(number("weight") ?? 80)))
        return FontFile(
            path: path, index: number("index") ?? 0, byteCount: facts.byteCount, modified: facts.modified, families: families,
            weight: weight, isItalic: (number("slant") ?? 0) > 0)
    }
}

extension Face {
    // A handful of files serve all texts; the bound is for a service that sees many.
    private static let openFaces = Guarded<[FontFile: Face]>([:])
    private static let mostOpen = 256

    /// The font in a file, opened once; nil when it cannot be read or is no longer the file meant.
    static func opened(_ file: FontFile) -> Face? {
        if let known = openFaces.with({ $0[file] }) { return known }
        guard let face = Face(file) else { return nil }
        openFaces.with {
            if $0.count >= mostOpen { $0.removeAll() }
            $0[file] = face
        }
        return face
    }
}
