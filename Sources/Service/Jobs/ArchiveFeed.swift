import AtelierArchives
import AtelierMemo

/// A stretch of the archive of a job's results, piece by piece. What lies before it is not made again where its checksum is known.
struct ArchiveFeed: AsyncSequence, Sendable {
    typealias Failure = any Error

    let service: ServiceState, job: ConversionJob
    /// The parts that have a result.
    let items: [Int]
    /// Of all parts.
    let names: [String]
    /// Which bytes of the archive.
    let range: Range<Int>

    func makeAsyncIterator() -> Iterator { Iterator(feed: self) }

    struct Iterator: AsyncIteratorProtocol {
        let feed: ArchiveFeed
        private var zip = ZIPStream(), next = 0

        init(feed: ArchiveFeed) { self.feed = feed }

        mutating func next() async throws -> [UInt8]? {
            while next <= feed.items.count, zip.byteCount < feed.range.upperBound {
                defer { next += 1 }
                let begin = zip.byteCount
                guard next < feed.items.count else { return part(of: zip.end(), at: begin) }
                let item = feed.items[next], name = feed.names[item], result = feed.job.items[item].result!
                if begin + ZIPStream.byteCount(of: name, storing: result.byteCount) <= feed.range.lowerBound, let sum = result.checksum {
                    try zip.resume(name, byteCount: result.byteCount, crc32: sum)
                    continue
                }
                let bytes = Array(try await feed.service.result(of: feed.job, item).bytes)
                // An archive's length is said before it is made. What an earlier version of the program made may have had another.
                guard bytes.count == result.byteCount else { throw OtherResult() }
                let found = part(of: try zip.header(of: name, storing: bytes) + bytes, at: begin)
                if !found.isEmpty { return found }
            }
            return nil
        }

        /// What of a piece that begins at a byte of the archive is asked for.
        private func part(of piece: [UInt8], at begin: Int) -> [UInt8] {
            let part = feed.range.clamped(to: begin..<begin + piece.count)
            return part.count == piece.count ? piece : Array(piece[part.lowerBound - begin..<part.upperBound - begin])
        }
    }
}

/// A result that is not what the job had made.
private struct OtherResult: Error {}
