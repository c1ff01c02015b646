package import AtelierMemo

/// What a caller is allowed to do.
package enum Scope: String, CaseIterable, Sendable {
    /// What anybody may: see that the service is there, what it can do, and the studio's files.
    case open
    /// Look at jobs, results and numbers.
    case read
    /// Upload and convert.
    case convert
    /// Change the cache, profile.
    case admin

    /// Those that are given and taken.
    package static let grantable: [Scope] = [.read, .convert, .admin]

    /// `read,convert`, `all` or `none`; nil for anything else.
    package static func set(written text: String) -> Set<Scope>? {
        if text == "all" { return Set(grantable) }
        if text == "none" { return [] }
        let words = text.split(separator: ",", omittingEmptySubsequences: false), scopes = words.compactMap { Scope(rawValue: String($0)) }
        return scopes.count == words.count && !scopes.contains(.open) ? Set(scopes) : nil
    }
}

/// Who may use the service, and for what.
///
/// A key is 256 random bits, shown once and kept as its BLAKE3 digest. Slow hashes such as Argon2 make guessing dear where people choose
/// passwords; nobody guesses one of 2²⁵⁶, so one fast hash gives away as little (NIST SP 800-63B, section 5.1.2.2, asks for no more of
/// look-up secrets with 112 bits), and looking a key up costs a microsecond on every request.
package struct APIKey: Hashable, Sendable {
    /// Who has it; in the log and for shares and rates.
    package var name: String
    /// What it allows.
    package var scopes: Set<Scope>
    /// How many times the rate of a client it has.
    package var share: Double
    /// Of the text that the caller sends.
    package var hash: Digest
    /// When it was made, in seconds since 1970.
    package var created: Int64

    /// A new key and the text that its owner sends. The text is kept nowhere.
    package static func make(name: String, scopes: Set<Scope>, share: Double = 1, now: Int64) -> (key: APIKey, text: String) {
        var generator = SystemRandomNumberGenerator()
        let text = prefix + (0..<4).map { _ in hexadecimal(generator.next()) }.joined()
        return (APIKey(name: name, scopes: scopes, share: share, hash: Digest(hashing: Blob(text)), created: now), text)
    }

    /// What every key begins with, so that scanners for leaked secrets know it.
    package static let prefix = "atelier_"

    /// The one of some keys that a text is, comparing all of them to the last bit: how long it takes does not tell how much was right.
    package static func find(_ text: String, among keys: [APIKey]) -> APIKey? {
        let hash = Digest(hashing: Blob(text)).words
        var found: Int?
        for (place, key) in keys.enumerated() {
            let other = key.hash.words
            let difference = (hash.0 ^ other.0) | (hash.1 ^ other.1) | (hash.2 ^ other.2) | (hash.3 ^ other.3)
            if difference == 0 { found = place }
        }
        return found.map { keys[$0] }
    }
}

/// A number in 16 digits.
private func hexadecimal(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
}
