public import Core
import Crypto

/// Makes authentication tokens for Cloudinary's delivery network: `__cld_token__`, in a query or as a cookie.
///
/// Unlike a signature in the URL, a token expires. It needs a private delivery network and a key that Cloudinary gave
/// out for it.
/// Source: Cloudinary documentation, "Token-based authentication", and the vectors of its SDKs.
public struct CloudinaryToken: Sendable {
    /// What a token opens.
    public enum Scope: Sendable, Hashable {
        /// Paths with `*` for any text.
        case patterns([String])
        /// This path alone, as the URL has it. It is signed and does not stand in the token.
        case path(String)
    }

    public static let name = "__cld_token__"

    private let key: SymmetricKey

    /// - Throws: ``InvalidValue`` when the key is not hexadecimal.
    public init(key: Secret) throws(InvalidValue) {
        guard !key.isEmpty, let bytes = Hexadecimal.decode(key.text) else {
            throw InvalidValue("The key for Cloudinary's tokens is hexadecimal; copy it from the console again.")
        }
        self.key = SymmetricKey(data: bytes)
    }

    /// The token with its name: `__cld_token__=st=…~exp=…~acl=…~hmac=…`.
    ///
    /// - Parameters:
    ///   - startsAt: nil for at once.
    ///   - expiresAt: both in whole seconds.
    ///   - address: the only IP address that may use it.
    public func text(
        for scope: Scope, startsAt: Timestamp? = nil, expiresAt: Timestamp, address: String? = nil
    ) -> String {
        var parts: [String] = []
        if let address { parts.append("ip=\(address)") }
        if let startsAt { parts.append("st=\(startsAt.secondsOfEpoch)") }
        parts.append("exp=\(expiresAt.secondsOfEpoch)")
        var signed: [String]
        switch scope {
        case .patterns(let patterns):
            parts.append("acl=" + patterns.map(Self.escaped).joined(separator: "!"))
            signed = parts
        case .path(let path):
            signed = parts + ["url=" + Self.escaped(path)]
        }
        let message = Array(signed.joined(separator: "~").utf8)
        let code = Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: message, using: key))
        return "\(Self.name)=" + (parts + ["hmac=\(code)"]).joined(separator: "~")
    }

    /// The URL with a token for its path in its query. The URL must not have a query yet.
    public func url(_ url: String, startsAt: Timestamp? = nil, expiresAt: Timestamp) -> String {
        "\(url)?\(text(for: .path(Self.path(of: url)), startsAt: startsAt, expiresAt: expiresAt))"
    }

    /// What follows scheme and host.
    private static func path(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        return String(url[scheme.upperBound...].drop { $0 != "/" })
    }

    /// Escapes what has a meaning in tokens and URLs, with lower-case digits; other bytes than ASCII's stay.
    private static func escaped(_ text: String) -> String {
        let reserved = Set(" \"#%&'/:;<=>?@[\\]^`{|}~".utf8)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: text.utf8.flatMap { byte in
                reserved.contains(byte) ? [UInt8(ascii: "%")] + digits.digits(of: byte) : [byte]
            }, as: UTF8.self)
    }
}

extension CloudinaryToken: CustomStringConvertible {
    public var description: String { "maker of \(Self.name)" }
}

extension [UInt8] {
    /// The two hexadecimal digits of a byte, of this alphabet.
    func digits(of byte: UInt8) -> [UInt8] {
        [self[Int(byte >> 4)], self[Int(byte & 0xF)]]
    }
}
