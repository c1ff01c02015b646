#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import AtelierMemo

/// One thing to read.
struct Input: Hashable, Sendable {
    /// Path to open; `-` is standard input.
    var path: String
    /// Path below the folder or fixed part of the pattern that led to it, mirrored under an output folder.
    var relative: String

    /// Whether it is standard input.
    var isStandardInput: Bool { path == "-" }

    /// The name messages use.
    var shown: String { isStandardInput ? "standard input" : printable(path) }
}

/// What operands stand for.
struct InputList: Hashable, Sendable {
    /// In the order of the operands; files of one folder or pattern in byte order of their paths.
    var inputs: [Input] = []
    /// Operands that stand for nothing, each as a sentence.
    var problems: [String] = []
}

/// Most files one run takes; beyond that, lists belong into several runs.
private let largestCount = 1_000_000

/// Folders inside folders that are entered at most.
let deepestFolder = 64

/// Longest list of inputs, in bytes.
let largestInputList = 256 << 20

/// What the operands and the list of a command line stand for; `takesURLs` leaves addresses of HTTP as they are.
func inputs(
    _ operands: [String], _ settings: Settings, suffixes: [String], takesURLs: Bool = false, _ console: Console
) throws(UsageError) -> InputList {
    var operands = operands, problems: [String] = []
    if let list = settings.filesFrom {
        do {
            let bytes = try console.read(list, limit: largestInputList).withUnsafeBytes(Array.init)
            operands += AtelierCommand.operands(listedIn: bytes, nullSeparated: settings.nullSeparated)
        } catch { problems.append("--files-from \(sentence(error))") }
    }
    var list = try expand(operands, suffixes: suffixes, takesURLs: takesURLs, filter: try InputFilter(settings))
    list.problems = problems + list.problems
    return list
}

/// Turns operands into inputs: files stay, folders give the files below them whose suffix is in `suffixes`, patterns give
/// what they match. Hidden files and folders are met only when named. A file that folders or patterns found already is not
/// taken again; a file that is named is always taken, also when it does not exist, so that reading it says why.
func expand(
    _ operands: [String], suffixes: [String], takesURLs: Bool = false, filter: InputFilter = InputFilter()
) throws(UsageError) -> InputList {
    var list = InputList()
    var found: Set<String> = []
    for operand in operands {
        if operand == "-" {
            guard !list.inputs.contains(where: \.isStandardInput) else { throw UsageError("standard input can be read only once") }
            list.inputs.append(Input(path: "-", relative: "standard-input"))
            continue
        }
        if takesURLs, operand.isURL {
            list.inputs.append(Input(path: operand, relative: operand.nameInURL))
            continue
        }
        var additions: [Input] = []
        let known = list.problems.count
        switch kind(of: operand) {
        case .folder:
            let folder = operand.hasSuffix("/") ? operand : operand + "/"
            walk(folder, depth: 0, filter, problems: &list.problems) { additions.append(Input(path: folder + $0, relative: $0)) }
            additions.removeAll { input in !suffixes.contains { input.path.lowercased().hasSuffix("." + $0) } }
            let met = additions.count
            additions.removeAll { !filter.takes($0.relative) }
            if additions.isEmpty, list.problems.count == known {
                list.problems.append(
                    met > 0 || filter.isNarrow
                        ? "\(printable(operand)): no file in this folder passes --include, --exclude and --no-recursive"
                        : "\(printable(operand)): no file below this folder ends in .\(suffixes.joined(separator: ", ."))")
            }
        case nil where Glob.isPattern(operand):
            for glob in try Glob.patterns(operand) { additions.append(contentsOf: matches(of: glob, problems: &list.problems)) }
            additions.removeAll { !filter.takes($0.relative) }
            if additions.isEmpty, list.problems.count == known {
                list.problems.append("\(printable(operand)): no file matches this pattern")
            }
        default:
            list.inputs.append(Input(path: operand, relative: lastName(of: operand)))
            continue
        }
        additions.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        list.inputs.append(contentsOf: additions.filter { found.insert($0.path).inserted })
        guard list.inputs.count <= largestCount else {
            throw UsageError("the inputs are more than \(largestCount) files; split them over several runs")
        }
    }
    return list
}

/// What a list of inputs says: names on lines, or ended by NUL, which no name holds. Empty lines are passed over.
func operands(listedIn bytes: [UInt8], nullSeparated: Bool) -> [String] {
    let nullSeparated = nullSeparated || bytes.contains(0)
    return bytes.split(separator: nullSeparated ? 0 : UInt8(ascii: "\n")).compactMap { line in
        let line = !nullSeparated && line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}

extension String {
    /// Whether it is an address that HTTP leads to.
    var isURL: Bool { hasPrefix("http://") || hasPrefix("https://") }

    /// The last part of a URL's path.
    fileprivate var nameInURL: String {
        let path = prefix { $0 != "?" && $0 != "#" }.split(separator: "/").dropFirst(2)
        return path.last.map(String.init) ?? "index"
    }
}

/// What stands under a path.
enum FileKind { case file, folder, other }

func kind(of path: String) -> FileKind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
}

/// The part of a path after its last slash.
func lastName(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}

/// Calls `visit` with the path below `folder` (which ends in `/`) of every file that is not hidden. Links to folders are not
/// followed, so that a circle of links ends.
private func walk(
    _ folder: String, below: String = "", depth: Int, _ filter: InputFilter, problems: inout [String], visit: (String) -> Void
) {
    guard depth <= deepestFolder else {
        problems.append("\(printable(folder + below)): folders deeper than \(deepestFolder) are not entered")
        return
    }
    guard let names = names(in: folder + below, problems: &problems) else {
        problems.append(SystemError("\(printable(folder + below)): cannot list the folder").description)
        return
    }
    for name in names where !name.hasPrefix(".") {
        var status = stat()
        let path = below + name
        guard lstat(folder + path, &status) == 0 else { continue }  // gone since it was listed
        if status.st_mode & S_IFMT == S_IFDIR {
            guard filter.enters(path) else { continue }
            walk(folder, below: path + "/", depth: depth + 1, filter, problems: &problems, visit: visit)
        } else if kind(of: folder + path) == .file {
            visit(path)
        }
    }
}

/// Names in a folder, without `.` and `..`; nil, with `errno` set, when it cannot be listed.
///
/// Paths are texts here, so a name that is no UTF-8 could not be opened again; it is a problem.
func names(in folder: String, problems: inout [String]) -> [String]? {
    guard let directory = opendir(folder.isEmpty ? "." : folder) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let (name, isText) = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                (String(cString: $0), String(validatingCString: $0) != nil)
            }
        }
        guard isText else {
            problems.append("\(printable(folder + name)): the name is not UTF-8; rename it")
            continue
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Files a pattern matches; `relative` begins after its last fixed folder.
private func matches(of glob: Glob, problems: inout [String]) -> [Input] {
    let fixed = glob.names.dropLast().prefix { !Glob.isPattern($0) }
    let base = fixed.map { $0 + "/" }.joined()
    var matches: [Input] = []

    func descend(_ below: String, _ parts: ArraySlice<String>, depth: Int) {
        guard let pattern = parts.first, depth <= deepestFolder else { return }
        let rest = parts.dropFirst()
        if pattern == "**" {
            descend(below, rest.isEmpty ? ["*"] : rest, depth: depth)
        }
        // A folder that cannot be listed matches nothing, as in a shell; the pattern as a whole reports when it matches nothing.
        for name in names(in: base + below, problems: &problems) ?? [] {
            let path = below + name
            if pattern == "**" {
                var status = stat()
                guard !name.hasPrefix("."), lstat(base + path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
                descend(path + "/", parts, depth: depth + 1)
            } else if Glob.matches(name, pattern) {
                switch kind(of: base + path) {
                case .folder where !rest.isEmpty: descend(path + "/", rest, depth: depth + 1)
                case .file where rest.isEmpty: matches.append(Input(path: base + path, relative: path))
                default: break
                }
            }
        }
    }
    descend("", glob.names.dropFirst(fixed.count), depth: 0)
    return matches
}
