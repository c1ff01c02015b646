internal import CAtelierProbe

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What addresses of code are called.
struct FunctionNames {
    private var names: [UInt64: String] = [:]

    /// Looks addresses up: those of the program in its own file's table of symbols, others in what their library exports. A program whose
    /// table was stripped is its own file's name.
    ///
    /// - Complexity: O(*s* log *n*) for *s* symbols and *n* addresses.
    init(of addresses: Set<UInt64>) {
        var program: (base: UInt64, addresses: [UInt64])?
        let own = Self.place(UInt64(Self.ownAddress))
        for address in addresses {
            guard let place = Self.place(address) else { continue }
            if place.base == own?.base {
                program = (place.base, (program?.addresses ?? []) + [address])
            }
            names[address] = place.symbol.map(Self.readable) ?? place.file
        }
        guard let program else { return }
        for (address, symbol) in Self.symbols(of: program.addresses.map { $0 - program.base }.sorted()) {
            names[address + program.base] = Self.readable(symbol)
        }
    }

    /// The name of one of them; nil when nothing is known of it.
    subscript(address: UInt64) -> String? { names[address] }

    private static var ownAddress: UInt { unsafeBitCast(atelier_now as @convention(c) () -> UInt64, to: UInt.self) }  // only compared

    private static func place(_ address: UInt64) -> (file: String, symbol: String?, base: UInt64)? {
        var file: UnsafePointer<CChar>?, symbol: UnsafePointer<CChar>?, base: UInt64 = 0
        guard atelier_symbol(address, &file, &symbol, &base) != 0, let file else { return nil }
        let name = String(cString: file)
        return (
            String(name.suffix(from: name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex)),
            symbol.map { String(cString: $0) }, base
        )
    }

    /// Functions of the running program that contain some offsets in it, which are in rising order.
    private static func symbols(of offsets: [UInt64]) -> [UInt64: String] {
        let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 64,
            let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
        else { return [:] }
        defer { munmap(memory, Int(status.st_size)) }
        return symbols(of: offsets, in: UnsafeRawBufferPointer(start: memory, count: Int(status.st_size)))
    }

    /// The same, of an ELF file for 64 bits (System V ABI, chapter 4); nothing of one that is damaged.
    static func symbols(of offsets: [UInt64], in file: UnsafeRawBufferPointer) -> [UInt64: String] {
        func number<Number: FixedWidthInteger>(_ type: Number.Type, at place: UInt64) -> UInt64 {
            guard place <= UInt64(file.count), file.count - Int(place) >= MemoryLayout<Number>.size else { return 0 }
            return UInt64(truncatingIfNeeded: file.loadUnaligned(fromByteOffset: Int(place), as: Number.self))
        }
        func section(_ index: UInt64) -> UInt64 { number(UInt64.self, at: 40) &+ index &* 64 }
        var found: [UInt64: String] = [:]
        for index in 0..<number(UInt16.self, at: 60) where number(UInt32.self, at: section(index) &+ 4) == 2 {  // SHT_SYMTAB
            let table = number(UInt64.self, at: section(index) &+ 24), size = number(UInt64.self, at: section(index) &+ 32)
            let strings = number(UInt64.self, at: section(number(UInt32.self, at: section(index) &+ 40)) &+ 24)
            guard table <= UInt64(file.count), size <= UInt64(file.count) - table else { return [:] }
            for symbol in stride(from: table, to: table + size - size % 24, by: 24) {
                guard number(UInt8.self, at: symbol + 4) & 15 == 2 else { continue }  // STT_FUNC
                let value = number(UInt64.self, at: symbol + 8), length = number(UInt64.self, at: symbol + 16)
                var first = offsets.partition { $0 >= value }
                guard first < offsets.count, offsets[first] < value &+ length else { continue }
                let text = strings &+ number(UInt32.self, at: symbol)
                var end = text
                while end < UInt64(file.count), file[Int(end)] != 0 { end += 1 }
                guard text < end else { continue }
                let name = String(decoding: file[Int(text)..<Int(end)], as: UTF8.self)
                while first < offsets.count, offsets[first] < value &+ length {
                    found[offsets[first]] = name
                    first += 1
                }
            }
        }
        return found
    }

    /// A symbol as it may stand in a box: Swift names without the types of arguments, without what the compiler made of them.
    static func readable(_ symbol: String) -> String {
        guard symbol.hasPrefix("$s") || symbol.hasPrefix("$S"), let text = atelier_demangled(symbol) else { return symbol }
        defer { free(text) }
        return shortened(demangled: String(cString: text))
    }

    /// `generic specialization <Int> of AtelierSVG.read<A>(_: A) -> B` as `SVG.read(_:)`.
    static func shortened(demangled text: String) -> String {
        var text = Substring(text), isClosure = false
        // What the compiler derived from a function counts as that function.
        if let place = text.firstOpenRange(of: " partial function for ") { text = text[place.upperBound...] }
        while let place = text.firstOpenRange(of: " of ") { text = text[place.upperBound...] }
        while let place = text.firstOpenRange(of: " in ") {
            text = text[place.upperBound...]
            isClosure = true
        }
        if let arrow = text.firstOpenRange(of: " -> ") { text = text[..<arrow.lowerBound] }
        for prefix in ["merged ", "static ", "implicit ", "protocol witness for ", "partial apply forwarder for ", "Atelier"]
        where text.hasPrefix(prefix) {
            text = text.dropFirst(prefix.count)
        }
        var result = ""
        while let character = text.first {
            guard character == "(" || character == "<", let length = text.bracketLength else {
                result.append(character)
                text = text.dropFirst()
                continue
            }
            let group = text.prefix(length)
            text = text.dropFirst(length)
            if character == "<" { continue }
            // Private names carry the name of their file: `(fitBox in _0A1B)`.
            if let place = group.dropFirst().firstOpenRange(of: " in _") {
                result += group[..<place.lowerBound].dropFirst()
            } else {
                result += "(" + labels(of: group.dropFirst().dropLast()) + ")"
            }
        }
        for suffix in [" throws", " async"] where result.hasSuffix(suffix) { result.removeLast(suffix.count) }
        return isClosure ? "closure in " + result : result
    }

    /// The names of arguments without their types: `_:each:`.
    private static func labels(of arguments: Substring) -> String {
        var rest = arguments, labels = ""
        while !rest.isEmpty {
            let end = rest.firstOpenRange(of: ", ")
            let argument = rest[..<(end?.lowerBound ?? rest.endIndex)]
            labels += argument.firstOpenRange(of: ": ").map { String(argument[..<$0.lowerBound]) + ":" } ?? "_:"
            rest = rest[(end?.upperBound ?? rest.endIndex)...]
        }
        return labels
    }
}

extension Array<UInt64> {
    /// The first place, in a rising order, where something holds that holds for all behind it.
    fileprivate func partition(where holds: (UInt64) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Substring {
    /// Where a text first stands outside of all brackets.
    fileprivate func firstOpenRange(of text: String) -> Range<Index>? {
        var depth = 0, place = startIndex, before: Character = " "
        while place < endIndex {
            let character = self[place]
            if depth == 0, self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
            if "(<[".contains(character) { depth += 1 }
            // That of an arrow is none.
            if ")>]".contains(character), !(character == ">" && before == "-") { depth = Swift.max(0, depth - 1) }
            before = character
            place = index(after: place)
        }
        return nil
    }

    /// How many letters the brackets that it begins with enclose, with themselves; nil when they do not end.
    fileprivate var bracketLength: Int? {
        var depth = 0, before: Character = " "
        for (place, character) in enumerated() {
            if "(<[".contains(character) { depth += 1 }
            if ")>]".contains(character), !(character == ">" && before == "-") { depth -= 1 }
            if depth == 0 { return place + 1 }
            before = character
        }
        return nil
    }
}
