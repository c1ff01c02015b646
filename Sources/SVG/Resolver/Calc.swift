import AtelierGeometry

/// A value of `calc()`, `min()`, `max()` or `clamp()` (CSS Values 4, 10): a number, or pixels and a percentage.
struct Calculation {
    /// Pixels, or the number.
    var value: Double
    var percentage = 0.0
    var isNumber = false

    /// Reads a function whose name comes next; nil when it is none of these or not valid.
    init?(_ scanner: inout TextScanner, _ units: LengthUnits) {
        self.init(primary: &scanner, units, depth: 0)
    }

    private init(_ value: Double, percentage: Double = 0, isNumber: Bool = false) {
        (self.value, self.percentage, self.isNumber) = (value, percentage, isNumber)
    }

    /// A number with or without a unit, a sum in parentheses, or a function.
    private init?(primary scanner: inout TextScanner, _ units: LengthUnits, depth: Int) {
        guard depth < 16 else { return nil }
        let start = scanner.position
        let name = lowercaseLetters(&scanner)
        if scanner.skip(UInt8(ascii: "(")) {
            self.init(arguments: &scanner, of: name, units, depth)
            return
        }
        scanner.position = start
        var ahead = scanner
        guard name.isEmpty, ahead.number() != nil, let length = Length(&scanner, units) else { return nil }
        let isNumber = ahead.position == scanner.position
        self.init(length.isPercentage ? 0 : length.value, percentage: length.isPercentage ? length.value : 0, isNumber: isNumber)
    }

    private init?(arguments scanner: inout TextScanner, of name: String, _ units: LengthUnits, _ depth: Int) {
        var values: [Calculation] = []
        repeat {
            guard values.count < 64, let value = Calculation(sum: &scanner, units, depth) else { return nil }
            values.append(value)
        } while scanner.skip(UInt8(ascii: ","))
        guard scanner.skip(UInt8(ascii: ")")) else { return nil }
        switch name {
        case "", "calc":
            guard values.count == 1 else { return nil }
            self = values[0]
        case "min", "max", "clamp":
            // Which is the smaller of pixels and a percentage shows only where the percentage is known.
            guard values.allSatisfy({ $0.percentage == 0 }) || values.allSatisfy({ $0.value == 0 && !$0.isNumber }) else { return nil }
            func weight(_ a: Calculation) -> Double { a.value + a.percentage }
            let sorted = values.sorted { weight($0) < weight($1) }
            if name == "clamp" {
                guard values.count == 3 else { return nil }
                let upper = weight(values[1]) < weight(values[2]) ? values[1] : values[2]
                self = weight(upper) < weight(values[0]) ? values[0] : upper
            } else {
                self = name == "min" ? sorted[0] : sorted[sorted.count - 1]
            }
        default: return nil
        }
    }

    private init?(sum scanner: inout TextScanner, _ units: LengthUnits, _ depth: Int) {
        guard var total = Calculation(product: &scanner, units, depth) else { return nil }
        while true {
            scanner.skipSpace()
            let sign: Double
            switch scanner.next {
            case UInt8(ascii: "+"): sign = 1
            case UInt8(ascii: "-"): sign = -1
            default:
                self = total
                return
            }
            scanner.position += 1
            guard let next = Calculation(product: &scanner, units, depth) else { return nil }
            total = Calculation(
                total.value + sign * next.value, percentage: total.percentage + sign * next.percentage,
                isNumber: total.isNumber && next.isNumber)
        }
    }

    private init?(product scanner: inout TextScanner, _ units: LengthUnits, _ depth: Int) {
        scanner.skipSpace()
        guard var total = Calculation(primary: &scanner, units, depth: depth + 1) else { return nil }
        while true {
            scanner.skipSpace()
            let divides: Bool
            switch scanner.next {
            case UInt8(ascii: "*"): divides = false
            case UInt8(ascii: "/"): divides = true
            default:
                self = total
                return
            }
            scanner.position += 1
            scanner.skipSpace()
            guard let next = Calculation(primary: &scanner, units, depth: depth + 1) else { return nil }
            if divides {
                guard next.isNumber, next.value != 0 else { return nil }
                total = Calculation(total.value / next.value, percentage: total.percentage / next.value, isNumber: total.isNumber)
            } else {
                guard total.isNumber || next.isNumber else { return nil }
                let (factor, other) = total.isNumber ? (total.value, next) : (next.value, total)
                total = Calculation(other.value * factor, percentage: other.percentage * factor, isNumber: other.isNumber)
            }
        }
    }
}
