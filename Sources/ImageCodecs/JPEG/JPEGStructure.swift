/// The markers of a JPEG file, walked without decoding: what the frame header says, how many scans follow, whether the
/// file is whole, which way up it is.
///
/// The walk goes to the end-of-image marker through all entropy-coded data (ITU-T T.81, annex B). What follows that
/// marker (further pictures, camera data) is not looked at.
struct JPEGStructure {
    private(set) var width = 0
    private(set) var height = 0
    /// Horizontal and vertical sampling factors of each component, 1–4.
    private(set) var sampling: [(h: Int, v: Int)] = []
    private(set) var isProgressive = false
    private(set) var isArithmetic = false
    private(set) var scanCount = 0
    private(set) var orientation = Orientation.upright
    /// Where the byte lies that says so, if the file has a note.
    private(set) var orientationPlace: Int?
    /// Harmless oddities of common cameras and what to put there instead, so that the decoder can treat every warning
    /// as an error: stray bytes between segments become fill bytes, a JFIF version other than 1 becomes 1, spectral
    /// parameters of a sequential scan become 0, 63, 0.
    private(set) var repairs: [(Range<Int>, UInt8)] = []
    private var firstScanIsComplete = false

    /// Walks the markers up to the end of the image. O(file).
    init(_ bytes: Span<UInt8>) throws(ImageDecodingError) {
        var position = 2
        while true {
            let marker = try nextMarker(bytes, &position)
            switch marker {
            case 0xD9:
                guard scanCount > 0 else { throw .damaged(.jpeg, "it ends without image data", byte: position - 2) }
                return
            case 0xD8: throw .damaged(.jpeg, "a second picture starts inside the first", byte: position - 2)
            case 0x01, 0xD0...0xD7: continue
            case 0xF7: throw .unsupportedFeature(.jpeg, "JPEG-LS coding")
            case 0x02...0xBF, 0xC8, 0xF0...0xFD:
                throw .damaged(.jpeg, "\(Self.name(of: marker)) is no marker of this format", byte: position - 2)
            default: break
            }

            let name = Self.name(of: marker)
            guard bytes.count - position >= 2, bytes.bigEndian16(at: position) <= bytes.count - position else {
                throw .truncated(.jpeg, part: "segment \(name), which starts at byte \(position - 2)", byte: bytes.count)
            }
            let length = bytes.bigEndian16(at: position)
            guard length >= 2 else { throw .damaged(.jpeg, "segment \(name) has an impossible length", byte: position) }
            let body = position + 2..<position + length
            position = body.upperBound
            switch marker {
            case 0xC0, 0xC1, 0xC2, 0xC9, 0xCA: try readFrame(bytes, body, marker)
            case 0xC3, 0xCB: throw .unsupportedFeature(.jpeg, "lossless coding")
            case 0xC5...0xC7, 0xCD...0xCF, 0xDE, 0xDF: throw .unsupportedFeature(.jpeg, "hierarchical coding")
            case 0xDA:
                try readScan(bytes, body)
                position = Self.endOfScan(bytes, from: position)
            case 0xE0:
                if bytes.starts(with: Array("JFIF\0".utf8), at: body.lowerBound), body.count >= 14, bytes[body.lowerBound + 5] != 1 {
                    try repair(body.lowerBound + 5..<body.lowerBound + 6, with: 1)
                }
            case 0xE1:
                if orientation == .upright, body.count >= 6, bytes.starts(with: Array("Exif\0".utf8), at: body.lowerBound) {
                    if let found = Orientation.found(tiff: bytes.extracting(body.lowerBound + 6..<body.upperBound)) {
                        orientation = found.orientation
                        orientationPlace = body.lowerBound + 6 + found.place
                    }
                }
            default: break
            }
        }
    }

    /// Bytes of coefficients the decoder keeps: none when one scan holds everything, else two for each of the 64 of
    /// every block of every component.
    var coefficientByteCount: Int {
        if scanCount == 1 && firstScanIsComplete && !isProgressive { return 0 }
        let (mostH, mostV) = (sampling.map(\.h).max() ?? 1, sampling.map(\.v).max() ?? 1)
        let (columns, rows) = ((width + 8 * mostH - 1) / (8 * mostH), (height + 8 * mostV - 1) / (8 * mostV))
        return sampling.reduce(0) { $0 + columns * $1.h * rows * $1.v * 128 }
    }

    /// Finds the next marker, leaves `position` behind it and returns its second byte.
    private mutating func nextMarker(_ bytes: Span<UInt8>, _ position: inout Int) throws(ImageDecodingError) -> UInt8 {
        let start = position
        var marker = start
        while true {
            guard marker + 1 < bytes.count else {
                let part = scanCount > 0 ? "the image data of scan \(scanCount)" : "the header, before any image data"
                throw .truncated(.jpeg, part: part, byte: bytes.count)
            }
            if bytes[marker] == 0xFF, bytes[marker + 1] != 0xFF, bytes[marker + 1] != 0 { break }
            marker += 1
        }
        if marker > start { try repair(start..<marker, with: 0xFF) }
        position = marker + 2
        return bytes[marker + 1]
    }

    private mutating func repair(_ range: Range<Int>, with byte: UInt8) throws(ImageDecodingError) {
        // Far more than any camera needs, and the list stays small.
        guard repairs.count < 1000 else { throw .damaged(.jpeg, "stray bytes in more than 1000 places", byte: range.lowerBound) }
        repairs.append((range, byte))
    }

    private mutating func readFrame(_ bytes: Span<UInt8>, _ body: Range<Int>, _ marker: UInt8) throws(ImageDecodingError) {
        let start = body.lowerBound
        guard sampling.isEmpty else { throw .damaged(.jpeg, "it has two frame headers", byte: start - 4) }
        guard body.count >= 6, body.count == 6 + 3 * Int(bytes[start + 5]), bytes[start + 5] > 0 else {
            throw .damaged(.jpeg, "the frame header has the wrong length", byte: start - 4)
        }
        guard bytes[start] == 8 else { throw .unsupportedFeature(.jpeg, "\(bytes[start]) bits per sample") }
        height = bytes.bigEndian16(at: start + 1)
        width = bytes.bigEndian16(at: start + 3)
        guard width > 0 else { throw .damaged(.jpeg, "the picture has no pixels", byte: start + 3) }
        guard height > 0 else { throw .unsupportedFeature(.jpeg, "a height given after the image data (DNL)") }
        for component in 0..<Int(bytes[start + 5]) {
            let factors = bytes[start + 7 + 3 * component]
            guard (1...4).contains(factors >> 4), (1...4).contains(factors & 15) else {
                throw .damaged(.jpeg, "a sampling factor is not 1 to 4", byte: start + 7 + 3 * component)
            }
            sampling.append((Int(factors >> 4), Int(factors & 15)))
        }
        guard [1, 3, 4].contains(sampling.count) else { throw .unsupportedFeature(.jpeg, "\(sampling.count) colour components") }
        isProgressive = marker == 0xC2 || marker == 0xCA
        isArithmetic = marker == 0xC9 || marker == 0xCA
    }

    private mutating func readScan(_ bytes: Span<UInt8>, _ body: Range<Int>) throws(ImageDecodingError) {
        let start = body.lowerBound
        guard !sampling.isEmpty else { throw .damaged(.jpeg, "image data comes before the frame header", byte: start - 4) }
        guard body.count >= 6, body.count == 4 + 2 * Int(bytes[start]) else {
            throw .damaged(.jpeg, "a scan header has the wrong length", byte: start - 4)
        }
        scanCount += 1
        if scanCount == 1 { firstScanIsComplete = Int(bytes[start]) == sampling.count }
        if isProgressive { return }
        for (offset, value) in [(3, 0), (2, 63), (1, 0)] as [(Int, UInt8)] where bytes[body.upperBound - offset] != value {
            try repair(body.upperBound - offset..<body.upperBound - offset + 1, with: value)
        }
    }

    /// The first byte at or behind `start` that begins a marker other than a restart.
    private static func endOfScan(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position + 1 < bytes.count {
            if bytes[position] == 0xFF {
                let next = bytes[position + 1]
                if next != 0 && next != 0xFF && !(0xD0...0xD7).contains(next) { return position }
            }
            position += 1
        }
        return bytes.count
    }

    private static func name(of marker: UInt8) -> String {
        switch marker {
        case 0xC4: "DHT"
        case 0xCC: "DAC"
        case 0xC0...0xCF: "SOF\(marker - 0xC0)"
        case 0xDA: "SOS"
        case 0xDB: "DQT"
        case 0xDD: "DRI"
        case 0xE0...0xEF: "APP\(marker - 0xE0)"
        case 0xFE: "COM"
        default: "FF\(marker < 16 ? "0" : "")\(String(marker, radix: 16, uppercase: true))"
        }
    }
}
