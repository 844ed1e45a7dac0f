import Blobs
import Core

/// Random tokens: what the client holds, and the hash that is stored of it.
enum TokenText {
    static let apiPrefix = "vn_"

    /// 256 random bits in hexadecimal behind the prefix.
    static func make(prefix: String = "") -> String {
        prefix + Hexadecimal.encode(randomBytes(32))
    }

    /// A plain SHA-256 is enough for 256 random bits; slow hashes are for what people choose.
    static func hash(_ token: String) -> SHA256Hash {
        SHA256Hash(of: Array(token.utf8))
    }

    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...UInt8.max, using: &generator) }
    }
}
