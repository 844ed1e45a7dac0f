/// Something that Cloudinary holds, as its URLs name it.
public struct CloudinaryAsset: Sendable, Hashable {
    /// How Cloudinary treats the bytes. Audio is video; raw bytes are neither changed nor streamed.
    public enum ResourceType: String, Sendable, CaseIterable {
        case image, video, raw
    }

    /// Who may fetch it. What is authenticated or private is delivered to signed URLs only.
    public enum DeliveryType: String, Sendable, CaseIterable {
        case upload, authenticated
        case privateUpload = "private"
        case fetch
    }

    public var resourceType: ResourceType
    public var type: DeliveryType
    /// The name that it was uploaded under. That of a raw asset has its extension in it; of one that is fetched it is
    /// the URL.
    public var publicID: String
    /// The extension that is asked for; it converts what is not raw.
    public var format: String?
    /// The version that an upload answered with. It is not signed; a new one gets around caches.
    public var version: Int64?

    public init(
        _ resourceType: ResourceType, _ type: DeliveryType, publicID: String, format: String? = nil,
        version: Int64? = nil
    ) {
        self.resourceType = resourceType
        self.type = type
        self.publicID = publicID
        self.format = format
        self.version = version
    }
}
