/// SHA-256 (FIPS 180-4, section 6.2), as the harnesses beside the peers compare outputs by it.
struct SHA256 {
    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var filled = 0
    private var count = 0

    mutating func update(_ byte: UInt8) {
        block[filled] = byte
        filled += 1
        count += 1
        if filled == 64 { compress() }
    }

    /// The first `digits` hexadecimal digits of the digest.
    consuming func finish(digits: Int) -> String {
        let bits = UInt64(count) * 8
        update(0x80)
        while filled != 56 { update(0) }
        for shift in stride(from: UInt64(56), through: 0, by: -8) { update(UInt8(truncatingIfNeeded: bits >> shift)) }
        var text = ""
        for index in 0..<8 {
            let word = String(state[index], radix: 16)
            text += String(repeating: "0", count: 8 - word.utf8.count) + word
        }
        return String(text.prefix(digits))
    }

    private mutating func compress() {
        filled = 0
        var words = InlineArray<64, UInt32>(repeating: 0)
        for index in 0..<16 {
            let at = index * 4
            words[index] = UInt32(block[at]) << 24 | UInt32(block[at + 1]) << 16 | UInt32(block[at + 2]) << 8 | UInt32(block[at + 3])
        }
        func rotated(_ word: UInt32, _ by: UInt32) -> UInt32 { word &>> by | word &<< (32 &- by) }
        for index in 16..<64 {
            let a = words[index - 15], b = words[index - 2]
            let s0 = rotated(a, 7) ^ rotated(a, 18) ^ a &>> 3, s1 = rotated(b, 17) ^ rotated(b, 19) ^ b &>> 10
            words[index] = words[index - 16] &+ s0 &+ words[index - 7] &+ s1
        }
        var a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7]
        for index in 0..<64 {
            let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25), choice = e & f ^ ~e & g
            let t1 = h &+ s1 &+ choice &+ SHA256.constants[index] &+ words[index]
            let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22), majority = a & b ^ a & c ^ b & c
            h = g
            g = f
            f = e
            e = d &+ t1
            d = c
            c = b
            b = a
            a = t1 &+ s0 &+ majority
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    private static let constants: InlineArray<64, UInt32> = [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
        0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
        0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ]
}
