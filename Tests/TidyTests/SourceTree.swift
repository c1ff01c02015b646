// Tests of the house itself: what the compiler and the formatter cannot see. Each check is a function from files to
// findings, so that it runs on the real tree and on a small made-up one that it has to fault.

import Foundation

/// One text file of the project.
struct SourceFile {
    /// Path from the package root, with `/`.
    var path: String
    /// The file as written, a line each.
    var lines: [String]
    /// Code and comments of a Swift file, taken apart once; empty for others.
    var swift = SwiftText(lines: [])

    init(_ path: String, _ text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if isSwift { swift = SwiftText(lines: lines) }
    }

    /// Whether the path begins with one of the folders.
    func isIn(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

    /// Last component of the path.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The path's components without the file itself.
    var folders: [String] { path.split(separator: "/").dropLast().map(String.init) }

    var isSwift: Bool { path.hasSuffix(".swift") }
}

/// What a check found.
struct Finding: CustomStringConvertible, Equatable {
    var path: String
    /// Counted from one; zero for the file as a whole.
    var line: Int
    var message: String

    init(_ file: SourceFile, line: Int = 0, _ message: String) {
        self.init(file.path, line: line, message)
    }

    init(_ path: String, line: Int = 0, _ message: String) {
        self.path = path
        self.line = line
        self.message = message
    }

    var description: String { line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)" }
}

/// The project as it lies on disk, read once.
enum SourceTree {
    /// The package root: three levels above this file.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every text file outside build folders and version control, in order of path.
    static let files: [SourceFile] = {
        let texts: Set<String> = ["swift", "c", "h", "modulemap", "md", "sh", "json", "txt", "svg", "py", "js", "css", "html"]
        let walker = FileManager.default.enumerator(atPath: root.path())
        var files: [SourceFile] = []
        while let path = walker?.nextObject() as? String {
            if path.hasPrefix(".build") || path == ".git" {
                walker?.skipDescendants()
                continue
            }
            let url = root.appending(path: path)
            let suffix = url.pathExtension
            let isScript = suffix.isEmpty && (path.hasPrefix("tools/") || path.hasPrefix(".ci/") || !path.contains("/"))
            guard texts.contains(suffix) || isScript else { continue }
            // A folder or a picture is no text: nothing to check in it.
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { continue }
            files.append(SourceFile(path, text))
        }
        return files.sorted { $0.path < $1.path }
    }()

    /// The Swift files.
    static let swift = files.filter(\.isSwift)

    /// The manifest.
    static let manifest = files.first { $0.path == "Package.swift" } ?? SourceFile("Package.swift", "")

    /// Whether a file or folder lies at a path from the root.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: path).path()) }
}
