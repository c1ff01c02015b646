/// A straight piece of a flattened outline, on the grid.
struct Chord {
    var from: GridPoint, to: GridPoint
    /// Which outline it belongs to, which curve of it, and that curve's parameters at its ends.
    var operand: Int, source: Int, start: Double, end: Double
    /// Whether it has been compared with all others.
    var isSettled = false

    var minX: Int32 { min(from.x, to.x) }
    var maxX: Int32 { max(from.x, to.x) }
    var minY: Int32 { min(from.y, to.y) }
    var maxY: Int32 { max(from.y, to.y) }
}

/// Cuts chords until they meet at their ends only.
///
/// A crossing is rounded to the grid, which moves the pieces by up to half a step and may make new ones cross; so pieces are
/// compared again until nothing is left to cut. Each round only compares what is new with the rest. A chord that passes through the
/// pixel of another's end is cut there (the hot pixels of snap rounding): were it only cut where it goes through the very point, chords
/// that run side by side within a step would cross anew after every rounding, more often from round to round.
enum ChordCutter {
    /// Two or three rounds are usual; what still crosses after these is cut no further.
    private static let mostRounds = 12

    private struct Cut {
        var chord: Int
        var point: GridPoint
        var parameter: Double
    }

    /// - Parameter work: How many comparisons may be made; cutting ends when they are.
    static func cut(_ chords: inout [Chord], work: inout Int) {
        for _ in 0..<mostRounds {
            var cuts = cuts(in: chords, &work)
            if cuts.isEmpty || work <= 0 { return }
            for index in chords.indices { chords[index].isSettled = true }
            cuts.sort { a, b in
                if a.chord != b.chord { return a.chord < b.chord }
                let isForward = chords[a.chord].start < chords[a.chord].end
                return a.parameter == b.parameter ? a.point < b.point : (a.parameter < b.parameter) == isForward
            }
            var pieces: [Chord] = []
            var next = 0
            while next < cuts.count {
                let index = cuts[next].chord
                var rest = chords[index]
                rest.isSettled = false
                while next < cuts.count, cuts[next].chord == index {
                    let cut = cuts[next]
                    next += 1
                    if cut.point == rest.from || cut.point == rest.to { continue }
                    var piece = rest
                    (piece.to, piece.end) = (cut.point, cut.parameter)
                    pieces.append(piece)
                    (rest.from, rest.start) = (cut.point, cut.parameter)
                }
                chords[index] = rest
            }
            chords += pieces
        }
    }

    /// A chord that later ones may still meet: what is looked at most, side by side.
    private struct OpenChord {
        var maxX: Int32, minY: Int32, maxY: Int32
        var isSettled: Bool
        var index: Int
    }

    private static func cuts(in chords: [Chord], _ work: inout Int) -> [Cut] {
        var cuts: [Cut] = []
        let order = chords.indices.sorted { UInt64(chords[$0].minX) }
        var open: [OpenChord] = []
        for index in order {
            let chord = chords[index]
            work -= open.count + 8
            if work <= 0 || cuts.count > work {
                work = 0
                return []
            }
            let (minX, minY, maxY, isSettled) = (chord.minX, chord.minY, chord.maxY, chord.isSettled)
            var kept = 0
            for place in open.indices where open[place].maxX >= minX {
                let other = open[place]
                open[kept] = other
                kept += 1
                if isSettled, other.isSettled { continue }
                if other.maxY >= minY, other.minY <= maxY { compare(index, chord, other.index, chords[other.index], &cuts) }
            }
            open.removeSubrange(kept...)
            open.append(OpenChord(maxX: chord.maxX, minY: minY, maxY: maxY, isSettled: isSettled, index: index))
        }
        return cuts
    }

    private static func compare(_ i: Int, _ a: Chord, _ j: Int, _ b: Chord, _ cuts: inout [Cut]) {
        let (along, across) = (a.to - a.from, b.to - b.from)
        let (fromSide, toSide) = (across.cross(a.from - b.from), across.cross(a.to - b.from))
        let (otherFromSide, otherToSide) = (along.cross(b.from - a.from), along.cross(b.to - a.from))
        // An end of one whose pixel the other passes through: it is bent to go through that point.
        let before = cuts.count
        if 2 * fromSide.magnitude < across.reach { add(a.from, j, b, &cuts) }
        if 2 * toSide.magnitude < across.reach { add(a.to, j, b, &cuts) }
        if 2 * otherFromSide.magnitude < along.reach { add(b.from, i, a, &cuts) }
        if 2 * otherToSide.magnitude < along.reach { add(b.to, i, a, &cuts) }
        guard cuts.count == before, fromSide.signum() * toSide.signum() < 0, otherFromSide.signum() * otherToSide.signum() < 0 else {
            return
        }
        let share = Double(fromSide) / Double(fromSide - toSide)
        let point = GridPoint(
            x: a.from.x + Int32((Double(along.dx) * share).rounded()), y: a.from.y + Int32((Double(along.dy) * share).rounded()))
        add(point, i, a, &cuts)
        add(point, j, b, &cuts)
    }

    /// Cuts a chord at a point on or beside it, unless that is one of its ends or beyond them.
    private static func add(_ point: GridPoint, _ index: Int, _ chord: Chord, _ cuts: inout [Cut]) {
        if point == chord.from || point == chord.to { return }
        let (along, to) = (chord.to - chord.from, point - chord.from)
        let (dot, square) = (along.dx * to.dx + along.dy * to.dy, along.dx * along.dx + along.dy * along.dy)
        guard dot > 0, dot < square else { return }
        let parameter = chord.start + (chord.end - chord.start) * (Double(dot) / Double(square))
        cuts.append(Cut(chord: index, point: point, parameter: parameter))
    }
}

extension Range where Bound == Int {
    /// The places in the order of their keys, those of equal keys as they are. Keys beside the places are sorted some times as fast as
    /// places whose keys are looked up at every comparison.
    func sorted(by key: (Int) -> UInt64) -> [Int] {
        var places: [(key: UInt64, index: Int)] = []
        places.reserveCapacity(count)
        for index in self { places.append((key(index), index)) }
        places.sort { a, b in a.key != b.key ? a.key < b.key : a.index < b.index }
        return places.map { $0.index }
    }
}
