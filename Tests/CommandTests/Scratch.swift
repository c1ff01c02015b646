import AtelierMemo
import Glibc

@testable import AtelierCommand

/// A folder of its own for one test, and the three descriptors as files in it.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { remove(path) }

    subscript(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) {
        for (index, letter) in name.enumerated() where letter == "/" { mkdir(self[String(name.prefix(index))], 0o777) }
        let descriptor = open(self[name], O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        precondition(descriptor >= 0)
        try! writeAll(Array(text.utf8), to: descriptor, called: name)
        close(descriptor)
    }

    func read(_ name: String) -> String? {
        // A file that is not there reads as nil.
        (try? Blob.reading(path: self[name], limit: 1 << 30)).map { String(decoding: $0.withUnsafeBytes(Array.init), as: UTF8.self) }
    }

    /// Every name below the folder, hidden ones too, sorted.
    var names: [String] { names(below: "").sorted() }

    private func names(below folder: String) -> [String] {
        guard let directory = opendir(self[folder]) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            names.append(folder + name)
            if kind(of: self[folder + name]) == .folder { names += self.names(below: folder + name + "/") }
        }
        return names
    }

    private func remove(_ path: String) {
        for name in names.reversed() {
            let path = self[name]
            if rmdir(path) != 0 { unlink(path) }
        }
        rmdir(path)
    }

    /// A console whose input holds a text and whose output and errors are the files `.out` and `.err`.
    func console(input: String = "") -> Console {
        write(input, to: ".in")
        let flags = O_RDWR | O_CREAT | O_TRUNC
        return Console(
            input: open(self[".in"], O_RDONLY), output: open(self[".out"], flags, 0o600), errors: open(self[".err"], flags, 0o600))
    }
}
