import AtelierJSON
import AtelierMemo
import AtelierScheduling

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file that keys are kept in: `keys.json` in the folder of the service's state, for its owner's eyes only.
package struct KeyFile: Hashable, Sendable {
    /// Why keys cannot be read or kept.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case damaged(path: String, reason: String)
        case readable(path: String)
        case taken(name: String)
        case unknown(name: String)
        case badName(String)
        case full(limit: Int)
        case system(path: String, doing: String, code: Int32)

        package var description: String {
            switch self {
            case .damaged(let path, let reason): "\(path) is no file of keys: \(reason)"
            case .readable(let path): "\(path): others may read or write it; let only its owner (chmod 600)"
            case .taken(let name): "there is a key \(name) already; remove it first, or choose another name"
            case .unknown(let name): "there is no key \(name)"
            case .badName(let name): "\(name): names of keys have 1 to 64 letters, digits, '-', '_' and '.'"
            case .full(let limit): "there are \(limit) keys, and no more than that; remove one first"
            case .system(let path, let doing, let code): "\(path): \(doing) failed: \(String(cString: strerror(code)))"
            }
        }
    }

    /// Where it lies.
    package var path: String
    /// Comparing all of them has to stay cheap.
    package static let mostKeys = 1024

    package init(path: String) { self.path = path }

    /// The keys in it, in order of names; none when there is no file.
    package func read() throws(Failure) -> [APIKey] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw .system(path: path, doing: "reading", code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(path: path, doing: "reading", code: errno) }
        guard status.st_mode & 0o077 == 0 else { throw .readable(path: path) }
        guard status.st_size <= 1 << 20 else { throw .damaged(path: path, reason: "it has more than a mebibyte") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size)), count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw .system(path: path, doing: "reading", code: errno) }
            if more == 0 { break }
            count += more
        }
        let document: JSON
        do { document = try JSON(parsing: Array(bytes[..<count])) } catch { throw .damaged(path: path, reason: "\(error)") }
        guard case .integer(1)? = document["version"], case .array(let elements)? = document["keys"] else {
            throw .damaged(path: path, reason: "version 1 with keys was expected")
        }
        let keys = elements.compactMap { APIKey($0) }
        guard keys.count == elements.count, keys.count <= Self.mostKeys else { throw .damaged(path: path, reason: "a key is not one") }
        return keys
    }

    /// Adds a key and returns the text that its owner sends, which cannot be had again.
    package func add(_ name: String, scopes: Set<Scope>, share: Double = 1, now: Int64) throws(Failure) -> String {
        guard 1...64 ~= name.utf8.count, name.utf8.allSatisfy(isNameByte) else { throw .badName(name) }
        var keys = try read()
        guard !keys.contains(where: { $0.name == name }) else { throw .taken(name: name) }
        guard keys.count < Self.mostKeys else { throw .full(limit: Self.mostKeys) }
        let (key, text) = APIKey.make(name: name, scopes: scopes, share: share, now: now)
        keys.append(key)
        try write(keys)
        return text
    }

    /// Removes a key; a service that runs refuses it from the next second on.
    package func remove(_ name: String) throws(Failure) {
        let keys = try read(), left = keys.filter { $0.name != name }
        guard left.count < keys.count else { throw .unknown(name: name) }
        try write(left)
    }

    /// Puts a whole new file in the place of the old one.
    private func write(_ keys: [APIKey]) throws(Failure) {
        let sorted = keys.sorted { $0.name < $1.name }
        let bytes = JSON.object(["version": 1, "keys": .array(sorted.map(\.json))]).prettyBytes
        let temporary = path + ".new", folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        guard folder.isEmpty || makeFolders(folder) else { throw .system(path: folder, doing: "making the folder", code: errno) }
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: temporary, doing: "writing", code: errno) }
        defer { close(descriptor) }
        do { try Blob(bytes).write(to: descriptor) } catch {
            unlink(temporary)
            throw .system(path: temporary, doing: "writing", code: errno)
        }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw .system(path: path, doing: "writing", code: code)
        }
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
}

extension APIKey {
    /// As it stands in the file.
    fileprivate var json: JSON {
        .object([
            "name": .string(name), "scopes": .array(Scope.grantable.filter(scopes.contains).map { .string($0.rawValue) }),
            "share": .number(share), "created": .integer(Int(created)), "hash": .string(hash.description),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard case .string(let name)? = json["name"], case .array(let scopes)? = json["scopes"], case .string(let hash)? = json["hash"],
            case .integer(let created)? = json["created"], let digest = Digest(hash), let share = json["share"]?.double, share > 0
        else { return nil }
        let known = scopes.compactMap { $0.string.flatMap(Scope.init) }
        guard known.count == scopes.count, !known.contains(.open) else { return nil }
        self.init(name: name, scopes: Set(known), share: share, hash: digest, created: Int64(created))
    }
}

extension JSON {
    /// Any number.
    fileprivate var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
