/// Which of the files in folders and of those that patterns match are taken. Files that are named are taken in any case.
struct InputFilter: Hashable {
    /// Whether folders in folders are entered.
    private let isRecursive: Bool
    /// Nil takes all that is not left out.
    private let included: [Glob]?
    private let excluded: [Glob]

    /// Takes everything.
    init() { (isRecursive, included, excluded) = (true, nil, []) }

    /// What the flags say.
    init(_ settings: Settings) throws(UsageError) {
        isRecursive = settings.recursive
        included = try settings.include.map(Glob.patterns)
        excluded = try settings.exclude.map(Glob.patterns) ?? []
    }

    /// Whether it may leave something out.
    var isNarrow: Bool { self != InputFilter() }

    /// Whether a folder inside a folder is entered, by its path below the outermost.
    func enters(_ path: String) -> Bool { isRecursive && !excluded.contains { $0.fits(path) } }

    /// Whether a file is taken, by its path below the folder, or below the fixed part of the pattern.
    func takes(_ path: String) -> Bool {
        if let included, !included.contains(where: { $0.fits(path) }) { return false }
        if excluded.isEmpty { return true }
        // A pattern reaches folders that are left out as well.
        return !path.indices.contains { index in path[index] == "/" && excluded.contains { $0.fits(path[..<index]) } }
            && !excluded.contains { $0.fits(path) }
    }
}
