import Core
import Crypto
import Foundation

/// Random tokens: what the client holds, and the hash that is stored of it.
enum TokenText {
    static let apiPrefix = "vn_"

    /// 256 random bits in hexadecimal behind the prefix.
    static func make(prefix: String = "") -> String {
        prefix + Hexadecimal.encode(randomBytes(32))
    }

    /// A plain SHA-256 is enough for 256 random bits; slow hashes are for what people choose.
    static func hash(_ token: String) -> SHA256Hash {
        guard let hash = SHA256Hash(bytes: SHA256.hash(data: Data(token.utf8))) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return hash
    }

    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...UInt8.max, using: &generator) }
    }
}
