#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension DiskStore {
    /// Copies what is left in the emptiest segments into one new one; false when nothing would be gained.
    ///
    /// All in the transaction that is under way: the new segment is there before rows name it, the old ones go after
    /// that (`removeDoomed`). A kill leaves either a new segment without a row, which the next sweep takes in, or old ones
    /// that are doomed.
    func compact(_ index: DiskIndex, _ state: inout DiskIndex.State) throws -> Bool {
        try index.settleLive(&state)
        var sources: [SegmentRow] = []
        var live = 0
        let sealed = try index.segments(.sealed).sorted { $0.live * max($1.extent, 1) < $1.live * max($0.extent, 1) }
        for row in sealed.prefix(16) where row.live < row.extent - 4096 && Segment.headCount + live + row.live <= sizes.segment {
            sources.append(row)
            live += row.live
        }
        let given = sources.reduce(0) { $0 + $1.extent }
        guard given - blocks(Segment.headCount + live) >= 4096 else { return false }

        var target: (segment: Segment, extent: Int)?
        var position = Segment.headCount
        do {
            if live > 0 { target = try makeSegment(blocks(Segment.headCount + live), index, &state) }
            for source in sources {
                if let target { try copy(source, to: target.segment, &position, index) }
                // What could not be read, or was counted and is not there.
                for row in try index.rows("WHERE segment = ?", [Int64(source.number)]) { try index.remove(row, &state) }
                var source = source
                source.phase = .doomed
                try index.write(source)
            }
            if let target {
                let row = SegmentRow(
                    number: target.segment.number, extent: target.extent, indexed: position,
                    phase: position > Segment.headCount ? .sealed : .doomed)
                try index.write(row)
            }
            return true
        } catch {
            if let target { unlink(path(ofSegment: target.segment.number)) }
            throw error
        }
    }

    private func copy(_ source: SegmentRow, to target: Segment, _ position: inout Int, _ index: DiskIndex) throws {
        guard let segment = segment(source.number), let end = segment.count else { return }
        var walk = SegmentWalk(segment, from: Segment.headCount, to: end)
        while let step = walk.next() {
            guard step.record.isAlive, let header = step.header, let row = try index.row(of: header.digest), row.segment == source.number,
                row.position == step.position, position + step.record.size <= sizes.segment,
                let bytes = segment.read(at: step.position + Record.frameCount, count: step.record.size - Record.frameCount)
            else { continue }
            let frame = Record.frame(size: step.record.size, cost: step.record.cost, at: position, nonce: target.nonce)
            guard target.append(frame, [], bytes, at: position) else { throw Refusal.diskFull }
            try index.move(row, to: Place(segment: target.number, position: position, size: row.size))
            position += step.record.size
        }
    }
}

extension DiskIndex {
    /// Gives an entry another place; both segments' sums follow.
    fileprivate func move(_ row: IndexRow, to place: Place) throws(Failure) {
        try database.run(
            "UPDATE entries SET segment = ?, position = ? WHERE a = ?",
            [Int64(place.segment), Int64(place.position), Int64(bitPattern: row.digest.words.0)])
        for (number, change) in [(row.segment, -row.size), (place.segment, row.size)] {
            try database.run("UPDATE segments SET live = live + ? WHERE number = ?", [Int64(change), Int64(number)])
        }
    }
}
