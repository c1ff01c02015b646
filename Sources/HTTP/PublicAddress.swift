import CAtelierCurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether an address of IPv4 (four bytes) or IPv6 (sixteen) is one that anybody can reach: no loopback, no private network, no group
/// (the registries of special-purpose addresses, RFC 6890). Addresses of IPv6 that carry one of IPv4 are as public as that.
func isPublic(_ bytes: [UInt8]) -> Bool {
    if bytes.count == 4 {
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (192, 168, _), (192, 0, 0), (198, 18...19, _), (224..., _, _): return false
        case (100, 64...127, _), (172, 16...31, _): return false
        default: return true
        }
    }
    guard bytes.count == 16 else { return false }
    // ::/8 with those of IPv4 written as such, and what translators map (64:ff9b::/96).
    if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return isPublic(Array(bytes[12...])) }
    if bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0] { return isPublic(Array(bytes[12...])) }
    if bytes[0] == 0x20, bytes[1] == 0x02 { return isPublic(Array(bytes[2..<6])) }
    // Global unicast is 2000::/3, less what is for documentation.
    return bytes[0] & 0xE0 == 0x20 && bytes[..<4] != [0x20, 0x01, 0x0D, 0xB8]
}

// Called by libcurl before it connects, after names were looked up: nothing can lead elsewhere any more.
let openPublicSocket: curl_socket_callback_t = { _, _, address in
    guard let address else { return -1 }
    let bytes = withUnsafeBytes(of: &address.pointee.address) { address -> [UInt8] in
        switch address.load(as: sockaddr.self).sa_family {
        case sa_family_t(AF_INET): Array(address[4..<8])
        case sa_family_t(AF_INET6): Array(address[8..<24])
        default: []
        }
    }
    guard isPublic(bytes) else { return -1 }
    return socket(address.pointee.family, address.pointee.type | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}
