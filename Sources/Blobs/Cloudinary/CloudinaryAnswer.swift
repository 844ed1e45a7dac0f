import Core
import Foundation

/// What Cloudinary answers to a call that went well, as far as it is needed here.
struct CloudinaryAnswer: Decodable, Sendable, Hashable {
    var publicID: String?
    var assetID: String?
    var version: Int64?
    var format: String?
    var bytes: Int64?
    /// The MD5 of the bytes.
    var etag: String?
    /// False where more parts are to come.
    var done: Bool?
    /// What became of a removal.
    var result: String?

    private enum CodingKeys: String, CodingKey {
        case publicID = "public_id"
        case assetID = "asset_id"
        case version, format, bytes, etag, done, result
    }

    /// Longer answers are not looked at.
    static let longest = 1 << 20

    /// Nil for what is no such answer.
    static func read(_ body: [UInt8]) -> CloudinaryAnswer? {
        guard body.count <= longest else { return nil }
        return try? JSONDecoder().decode(CloudinaryAnswer.self, from: Data(body))
    }

    /// What is wrong when these bytes should be there under this name, as a sentence's end; nil when nothing is.
    func difference(publicID expected: String, size: Int64, md5: [UInt8]) -> String? {
        if let publicID, publicID != expected { return "under the name \(publicID.prefix(300))" }
        guard let bytes else { return "without saying how many bytes" }
        guard bytes == size else { return "with \(bytes) bytes instead of \(size)" }
        guard let etag else { return "without saying its digest" }
        return Self.isSame(etag, Hexadecimal.encode(md5)) ? nil : "with another digest"
    }

    /// Entity tags are hexadecimal.
    static func isSame(_ tag: String, _ other: String) -> Bool { tag.lowercased() == other.lowercased() }

    /// What later questions need.
    func receipt(_ kind: CloudinaryAsset.ResourceType) -> StoreReceipt {
        StoreReceipt(
            etag: etag?.lowercased(), version: version.map(String.init), assetID: assetID, format: usableFormat,
            resourceType: kind.rawValue)
    }

    /// The format becomes part of URLs.
    private var usableFormat: String? {
        guard let format, (1...16).contains(format.utf8.count),
            format.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) })
        else { return nil }
        return format
    }
}
