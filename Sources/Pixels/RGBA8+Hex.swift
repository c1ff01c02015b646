#if !hasFeature(Embedded)
    extension RGBA8 {
        /// A colour from `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa`, with or without the number sign; nil for anything else.
        public init?(hex text: some StringProtocol) {
            var digits: [UInt8] = []
            for (i, c) in text.utf8.enumerated() {
                switch c {
                case UInt8(ascii: "#") where i == 0: continue
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(c - UInt8(ascii: "0"))
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(c - UInt8(ascii: "a") + 10)
                case UInt8(ascii: "A")...UInt8(ascii: "F"): digits.append(c - UInt8(ascii: "A") + 10)
                default: return nil
                }
            }
            switch digits.count {
            case 3, 4: self.init(digits[0] * 17, digits[1] * 17, digits[2] * 17, digits.count == 4 ? digits[3] * 17 : 255)
            case 6, 8:
                func byte(_ i: Int) -> UInt8 { digits[2 * i] << 4 | digits[2 * i + 1] }
                self.init(byte(0), byte(1), byte(2), digits.count == 8 ? byte(3) : 255)
            default: return nil
            }
        }

        /// `#rrggbb`, or `#rrggbbaa` when it is not opaque.
        public var hex: String {
            var text: [UInt8] = [UInt8(ascii: "#")]
            for v in a == 255 ? [r, g, b] : [r, g, b, a] {
                for d in [v >> 4, v & 15] { text.append(d < 10 ? UInt8(ascii: "0") + d : UInt8(ascii: "a") + d - 10) }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    extension RGBA8: Codable {
        /// Reads the hexadecimal form.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let color = RGBA8(hex: text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "“\(text)” is no colour; write it as #rgb, #rrggbb or #rrggbbaa.")
            }
            self = color
        }

        /// Writes the hexadecimal form.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(hex)
        }
    }
#endif
