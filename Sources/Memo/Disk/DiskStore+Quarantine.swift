#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// What fails a check is an entry no more, and is kept for a look: in `quarantine`, beside a text that says why. Only
// proof of damage leads here, never an error of reading.

extension DiskStore {
    /// Most things in quarantine. Together they take no more than a thirty-second of the limit, and 8 MiB.
    private static let mostQuarantined = 16

    /// Takes a damaged entry out.
    func discard(_ digest: Digest, at place: Place, _ problem: String, _ writer: inout Writer) {
        guard directory.isWritten else { return }
        attempt(&writer) { index, state in
            let row = try index.row(of: digest)
            if place.segment == 0 {
                declare([digest], &state)
                setAside(path(of: digest), as: digest.description, because: problem)
                unlink(path(of: digest))
                if let row, row.isFile {
                    try index.remove(row, &state)
                    state.bytes -= row.weight
                }
            } else {
                if let bytes = segment(place.segment)?.read(at: place.position, count: place.size) {
                    keep(bytes, as: digest.description, because: problem)
                }
                guard let row, Place(row) == place else { return }
                try removeRow(row, index, &state)
                state.dead.append(place)
            }
            state.damaged += 1
        }
        finish(&writer, flushing: false)
        removeDoomed(&writer)
    }

    /// Moves a file into quarantine.
    func setAside(_ path: String, as name: String, because problem: String) {
        guard let folder = quarantine() else { return }
        if rename(path, folder + "/" + name) == 0 { explain(problem, folder + "/" + name) }
        trimQuarantine(folder)
    }

    private func keep(_ bytes: Blob, as name: String, because problem: String) {
        guard let folder = quarantine() else { return }
        // Losing it loses nothing but a look.
        if (try? directory.write([bytes], to: folder + "/" + name)) != nil { explain(problem, folder + "/" + name) }
        trimQuarantine(folder)
    }

    private func explain(_ problem: String, _ path: String) {
        try? directory.write([Blob(problem + "\n")], to: path + ".txt")  // as above
    }

    private func quarantine() -> String? {
        let folder = directory.path + "/quarantine"
        return mkdir(folder, 0o700) == 0 || errno == EEXIST ? folder : nil
    }

    // The oldest go.
    private func trimQuarantine(_ folder: String) {
        var things: [(name: String, bytes: Int, time: Int)] = []
        for name in CacheDirectory.names(in: folder) where !name.hasSuffix(".txt") && !name.hasPrefix("index") {
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0 else { continue }
            things.append((name, Int(status.st_blocks) * 512, Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)))
        }
        things.sort { ($0.time, $0.name) < ($1.time, $1.name) }
        var bytes = things.reduce(0) { $0 + $1.bytes }
        for (index, thing) in things.enumerated() {
            guard things.count - index > Self.mostQuarantined || bytes > min(8 << 20, limit / 32) else { return }
            unlink(folder + "/" + thing.name)
            unlink(folder + "/" + thing.name + ".txt")
            bytes -= thing.bytes
        }
    }
}
