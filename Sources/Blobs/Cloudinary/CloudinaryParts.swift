import Core

/// How a large blob is cut for an upload in parts: all are equal, but for the last one.
struct CloudinaryParts: Sendable, Hashable {
    /// Cloudinary refuses smaller parts, but for the last one.
    static let least: Int64 = 5 << 20
    /// Cloudinary refuses larger requests.
    static let most: Int64 = 100_000_000
    static let usual: Int64 = 20_000_000

    let size: Int64
    let partSize: Int64

    var count: Int { Int((size + partSize - 1) / partSize) }

    subscript(index: Int) -> Range<Int64> {
        let start = Int64(index) * partSize
        return start..<min(start + partSize, size)
    }

    func contentRange(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    /// A transfer that begins. Its id tells what it is to become, since that cannot change from part to part.
    static func begin(_ kind: CloudinaryAsset.ResourceType, partSize: Int64) -> StoreTransfer {
        StoreTransfer(id: "\(kind.rawValue)-\(CloudinaryForm.randomText())", partSize: partSize)
    }

    /// What the transfer is to become; nil when it cannot be gone on with.
    static func kind(of transfer: StoreTransfer, size: Int64) -> CloudinaryAsset.ResourceType? {
        let prefix = String(transfer.id.prefix { $0 != "-" })
        guard let kind = CloudinaryAsset.ResourceType(rawValue: prefix), (least...most).contains(transfer.partSize)
        else { return nil }
        let parts = CloudinaryParts(size: size, partSize: transfer.partSize)
        let length = String(transfer.partSize)
        guard (1..<max(parts.count, 1)).contains(transfer.parts.count), transfer.parts.allSatisfy({ $0 == length })
        else { return nil }
        return kind
    }
}
