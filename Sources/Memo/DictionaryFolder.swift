#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where dictionaries are kept, each under its id, for as long as an entry may need it: that is until all entries go.
package struct DictionaryFolder: Sendable {
    /// The file of a dictionary.
    var load: @Sendable (_ id: UInt64) throws(Blob.FileError) -> Blob
    /// Keeps the file of a dictionary, and says whether it is there now.
    var save: @Sendable (_ id: UInt64, _ bytes: Blob) -> Bool
    /// The dictionaries there are, in ascending order of their names; so many at most.
    var ids: @Sendable (_ limit: Int) -> [UInt64]

    /// Dictionaries kept somewhere.
    package init(
        load: @escaping @Sendable (_ id: UInt64) throws(Blob.FileError) -> Blob,
        save: @escaping @Sendable (_ id: UInt64, _ bytes: Blob) -> Bool, ids: @escaping @Sendable (_ limit: Int) -> [UInt64]
    ) {
        self.load = load
        self.save = save
        self.ids = ids
    }
}

extension CacheDirectory {
    private var dictionaryPath: String { path + "/dictionaries" }

    private static func dictionaryID(_ name: String) -> UInt64? {
        name.utf8.count == 16 ? UInt64(name, radix: 16)?.byteSwapped : nil
    }

    /// Bytes the disk gives to dictionaries. There are some dozens at most, usually less than ten.
    var dictionaryBytes: Int {
        Self.names(in: dictionaryPath).reduce(0) { sum, name in
            var status = stat()
            return lstat(dictionaryPath + "/" + name, &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
        }
    }

    /// Removes all dictionaries. Whoever writes with one now gives it back (`Dictionaries.assure`).
    func removeDictionaries() {
        for name in Self.names(in: dictionaryPath) where Self.dictionaryID(name) != nil { unlink(dictionaryPath + "/" + name) }
    }

    /// The files `dictionaries/<id>`, the id as the 16 hexadecimal digits that the file's digest begins with.
    ///
    /// - Parameter most: Bytes of all dictionaries beyond which none is added.
    package func dictionaries(atMost most: Int = .max) -> DictionaryFolder {
        let folder = dictionaryPath
        @Sendable func file(_ id: UInt64) -> String {
            let digits = String(id.byteSwapped, radix: 16)
            return folder + "/" + String(repeating: "0", count: 16 - digits.count) + digits
        }
        return DictionaryFolder(
            load: { (id) throws(Blob.FileError) in
                try Blob.reading(path: file(id), limit: CompressionDictionary.largestFile)
            },
            save: { id, bytes in
                if access(file(id), F_OK) == 0 { return true }
                guard dictionaryBytes <= most - blocks(bytes.count) else { return false }
                return (try? write([bytes], to: file(id))) != nil  // on a full or read-only disk there is no dictionary
            },
            ids: { limit in
                Array(CacheDirectory.names(in: folder).sorted().lazy.compactMap(CacheDirectory.dictionaryID).prefix(limit))
            })
    }
}
