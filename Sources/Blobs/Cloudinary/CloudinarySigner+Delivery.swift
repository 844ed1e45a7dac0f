import Foundation

extension CloudinarySigner {
    /// How much of the hash a delivery URL shows.
    public enum SignatureLength: Sendable, Hashable {
        /// 8 characters, of the environment's algorithm.
        case short
        /// 32 characters, always of SHA-256.
        case long
    }

    /// What stands between `s--` and `--`. The version of the asset is not part of it.
    ///
    /// - Parameters:
    ///   - transformation: such as `f_mp3,br_44k`; empty for none.
    ///   - source: escaped, with its extension.
    public func deliverySignature(
        transformation: String = "", source: String, length: SignatureLength = .short
    ) -> String {
        let text = transformation.isEmpty ? source : "\(transformation)/\(source)"
        let hash = digest(Array(text.utf8), length == .long ? .sha256 : algorithm)
        return String(Self.urlSafeBase64(hash).prefix(length == .long ? 32 : 8))
    }

    /// The URL that an asset is delivered at. With a signature it opens what is authenticated, and does not expire.
    ///
    /// Source: Cloudinary documentation, "Delivery URL signatures".
    ///
    /// - Parameters:
    ///   - base: scheme and host, and the name of the cloud where the host is shared:
    ///     `https://res.cloudinary.com/demo`.
    ///   - transformation: such as `f_mp3,br_44k`, encoded as it is to be sent; empty for none.
    ///   - signature: nil for none, where a ``CloudinaryToken`` opens it.
    public func deliveryURL(
        base: String, _ asset: CloudinaryAsset, transformation: String = "", signature: SignatureLength? = .short
    ) -> String {
        let source = Self.source(of: asset)
        let transformation = Self.withoutEmptySegments(transformation)
        var segments = [base, asset.resourceType.rawValue, asset.type.rawValue]
        if let signature {
            let text = deliverySignature(transformation: transformation, source: source, length: signature)
            segments.append("s--\(text)--")
        }
        if !transformation.isEmpty { segments.append(transformation) }
        if let version = asset.version ?? Self.impliedVersion(source) { segments.append("v\(version)") }
        segments.append(source)
        return segments.joined(separator: "/")
    }

    /// A folder in front of the name would be taken for a transformation, so a version must stand before it.
    private static func impliedVersion(_ source: String) -> Int64? {
        let digits = source.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let namesVersion = source.first == "v" && !digits.isEmpty
        return source.contains("/") && !isURL(source) && !namesVersion ? 1 : nil
    }

    /// The escaped name with its extension: what is signed and what is sent.
    static func source(of asset: CloudinaryAsset) -> String {
        let name = withoutEmptySegments(asset.publicID)
        guard !isURL(name) else { return escaped(Array(name.utf8)) }
        let source = escaped(PercentText.decode(name.utf8))
        return asset.format.map { "\(source).\($0)" } ?? source
    }

    private static func isURL(_ name: String) -> Bool {
        name.hasPrefix("http:/") || name.hasPrefix("https:/")
    }

    /// Joins slashes that follow one another, but for those behind a colon.
    private static func withoutEmptySegments(_ text: String) -> String {
        var bytes: [UInt8] = []
        let slash = UInt8(ascii: "/")
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            bytes.append(source[index])
            index += 1
            guard source[index - 1] != UInt8(ascii: ":"), index < source.count, source[index] == slash else { continue }
            bytes.append(slash)
            index = source[index...].firstIndex { $0 != slash } ?? source.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Everything but letters, digits and `_ . - / :` becomes `%XX`.
    private static func escaped(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "/"), UInt8(ascii: ":"):
                text.append(byte)
            default:
                text += [UInt8(ascii: "%")] + Array("0123456789ABCDEF".utf8).digits(of: byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Base64 with `-` and `_` (RFC 4648, section 5), without padding.
    static func urlSafeBase64(_ bytes: [UInt8]) -> String {
        let text = Data(bytes).base64EncodedString().utf8.compactMap { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
