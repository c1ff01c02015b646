import AtelierJSON
import AtelierLayers
import AtelierMemo
import AtelierPixels
import AtelierScheduling

extension CollectionPapers {
    /// Writes everything into the folder, where it differs.
    func write(to folder: CollectionFolder, each: ParallelFor) throws {
        try folder.makeFolder(folder.metadata)
        let failure = Lock<(any Error)?>(nil)
        // Enough for a piece that threads are woken for.
        let step = 64
        each((plan.count + step - 1) / step) { piece in
            for index in piece * step..<min(plan.count, (piece + 1) * step) {
                do { try folder.write(metadata(of: index), to: "\(folder.metadata)/\(plan.start + index).json") } catch {
                    failure.withLock { $0 = $0 ?? error }
                    return
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        for table in tables { try folder.write(table.bytes, to: folder.path + "/" + table.name) }
    }

    /// Writes the hash of every picture and the one over all of them, from the pictures as they lie in the folder.
    func writeProvenance(to folder: CollectionFolder, each: ParallelFor) throws {
        let hashes = Lock((hashes: [[UInt8]](repeating: [], count: plan.count), failure: (any Error)?.none))
        each(plan.count) { index in
            do {
                let picture = try Blob.reading(path: folder.picture(plan.start + index), limit: 1 << 31)
                var hash = SHA256()
                hash.update(picture.bytes.span)
                let sum = hash.finish()
                hashes.withLock { $0.hashes[index] = sum }
            } catch { hashes.withLock { $0.failure = $0.failure ?? error } }
        }
        let result = hashes.withLock { $0 }
        if let failure = result.failure { throw failure }
        let provenance = Provenance(pictures: result.hashes)
        let document = JSON.object([
            "hash": .string(provenance.hash), "start": .integer(plan.start), "pictures": .array(provenance.pictures.map(JSON.string)),
        ])
        try folder.write(document.prettyBytes, to: folder.path + "/provenance.json")
    }
}
