internal import AtelierSVG

extension SlideMapper {
    /// The number of the link that shapes of a group have: the group's own, else that of the group around it.
    mutating func link(of group: SVG.Group, in outer: Int?) -> Int? {
        group.link.flatMap { link(to: $0, of: group.origin) } ?? outer
    }

    /// The number of the link to an address; nil, with a note, for one that slides do not take.
    mutating func link(to written: String, of origin: SVG.Origin) -> Int? {
        guard let address = linkAddress(written) else {
            let shown = written.count <= 60 ? written : written.prefix(60) + "…"
            note(.unsupported, origin, "the link to `\(shown)` is left out: slides take addresses of files, pages and mail")
            return nil
        }
        if let known = linkPlaces[address] { return known }
        links.append(address)
        linkPlaces[address] = links.count
        return links.count
    }
}

/// An address as the target of a relationship: a URI reference (RFC 3986) with what it may not contain escaped. Nil for one that
/// leads into the drawing itself, runs a program, or is longer than the 2079 characters that programs take.
func linkAddress(_ written: String) -> String? {
    let bytes = Array(written.utf8).drop { $0 <= 0x20 }
    guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
    if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
        let scheme = bytes[..<colon]
        let isScheme = scheme.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "+-.".utf8.contains(byte)
        }
        let known = ["http", "https", "mailto", "ftp", "tel", "file"]
        guard !isScheme || known.contains(String(decoding: scheme, as: UTF8.self).lowercased()) else { return nil }
    }
    var address: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    func isHexadecimal(_ place: Int) -> Bool {
        bytes.indices.contains(place) && ((0x30...0x39).contains(bytes[place]) || (0x61...0x66).contains(bytes[place] | 0x20))
    }
    for place in bytes.indices {
        let byte = bytes[place]
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: address.append(byte)
        case UInt8(ascii: "%") where isHexadecimal(place + 1) && isHexadecimal(place + 2): address.append(byte)
        case _ where "-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte): address.append(byte)
        default: address += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    while address.suffix(3).elementsEqual("%20".utf8) { address.removeLast(3) }
    return address.count <= 2079 ? String(decoding: address, as: UTF8.self) : nil
}
