import Core

/// Where a store's blobs are on Cloudinary, under which names and URLs. Makes no request.
struct CloudinaryAddresses: Sendable {
    typealias Kind = CloudinaryAsset.ResourceType

    private static let sharedHost = "res.cloudinary.com"
    /// How long a URL for our own reading is valid: a recording is read slowly where the line is slow.
    private static let readingTime = Duration.seconds(3600)

    let signer: CloudinarySigner
    /// Scheme and host of the API.
    private let api: String
    /// Scheme and host of the delivery network, and the name of the cloud where the host is shared.
    private let delivery: String
    private let folder: String
    private let token: CloudinaryToken?

    init(_ settings: Settings.Store) throws(InvalidValue) {
        guard settings.kind == .cloudinary else { throw InvalidValue("\(settings.name) is no store on Cloudinary.") }
        if let problem = settings.problem { throw InvalidValue(problem) }
        signer = CloudinarySigner(
            CloudinaryCredentials(
                cloudName: settings.cloudName, apiKey: settings.apiKey, apiSecret: Secret(settings.apiSecret)),
            algorithm: settings.strongSignatures ? .sha256 : .sha1)
        let key = Secret(settings.authTokenKey)
        token = if key.isEmpty { nil } else { try CloudinaryToken(key: key) }
        api = try Self.base(settings.uploadPrefix, "stores.\(settings.name).uploadPrefix")
        let network = try Self.base(settings.delivery, "stores.\(settings.name).delivery")
        // Tokens are for customers with a host of their own, and so is a host that begins with the cloud's name.
        let isOwn =
            network.hasSuffix("://\(settings.cloudName)-\(Self.sharedHost)")
            || token != nil && !network.hasSuffix("://\(Self.sharedHost)")
        delivery = isOwn ? network : "\(network)/\(PercentText.component(settings.cloudName))"
        folder = try Self.folder(settings.folder, "stores.\(settings.name).folder")
    }

    /// A URL without slashes at its end.
    private static func base(_ text: String, _ key: String) throws(InvalidValue) -> String {
        var text = Substring(text)
        while text.last == "/" { text.removeLast() }
        let parts = text.split(separator: "://", omittingEmptySubsequences: false)
        guard parts.count == 2, ["http", "https"].contains(parts[0].lowercased()), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"?#@\"<>\\".utf8.contains($0) })
        else { throw InvalidValue("\(key) is a URL such as https://\(sharedHost), without a path's last slash.") }
        return String(text)
    }

    /// The folder without slashes around it. Cloudinary does not take every character in a name.
    private static func folder(_ text: String, _ key: String) throws(InvalidValue) -> String {
        let names = text.split(separator: "/")
        guard text.utf8.count <= 150, text.allSatisfy({ !$0.isNewline && !"?&#\\%<>+\"".contains($0) }),
            names.allSatisfy({ $0.first != " " && $0.last != " " })
        else { throw InvalidValue("\(key) may have 150 bytes, and none of ? & # \\ % < > + \".") }
        return names.joined(separator: "/")
    }

    private func publicID(_ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }

    func publicID(of sha256: SHA256Hash) -> String { publicID(sha256.description) }

    var markerID: String { publicID(StoreMarker.name) }

    /// What a blob may be there: one kind where a receipt tells, else the usual one first.
    static func kinds(_ receipt: StoreReceipt?) -> [Kind] {
        receipt?.resourceType.flatMap(Kind.init(rawValue:)).map { [$0] } ?? [.video, .raw]
    }

    /// Where a call goes: `upload`, `explicit`, `destroy`.
    func call(_ action: String, _ kind: Kind) -> String {
        "\(api)/v1_1/\(PercentText.component(signer.credentials.cloudName))/\(kind.rawValue)/\(action)"
    }

    /// Where we read it. Without a format: with one, Cloudinary would convert it.
    func reading(_ publicID: String, _ kind: Kind, at now: Timestamp = .now()) -> String {
        signer.downloadURL(
            api: api, CloudinaryAsset(kind, .authenticated, publicID: publicID), expiresAt: now + Self.readingTime,
            at: now)
    }

    /// A URL that ends with the window: the same text within it. Nil without a receipt: what is not known to be there
    /// has no URL.
    func signedURL(_ blob: Blob, _ receipt: StoreReceipt?, _ request: SignedURLRequest) -> String? {
        guard let receipt else { return nil }
        let kind = Self.kinds(receipt)[0]
        let end = request.begins + request.lifetime
        let isAttachment = request.disposition?.lowercased().hasPrefix("attachment") ?? false
        if let token, !isAttachment {
            // A signature beside the token would still open the URL when the token has expired.
            let url = signer.deliveryURL(
                base: delivery, delivered(blob, receipt, kind, format: receipt.format), signature: nil)
            return token.url(url, expiresAt: end)
        }
        return signer.downloadURL(
            api: api, CloudinaryAsset(kind, .authenticated, publicID: publicID(of: blob.sha256)),
            attachment: isAttachment, expiresAt: end, at: request.begins)
    }

    /// What Cloudinary makes of the blob; nil for raw bytes, of which it makes nothing. Does not expire.
    func derivedURL(_ blob: Blob, _ receipt: StoreReceipt?, transformation: String, format: String) -> String? {
        let kind = Self.kinds(receipt)[0]
        guard kind == .video else { return nil }
        return signer.deliveryURL(
            base: delivery, delivered(blob, receipt, kind, format: format), transformation: transformation)
    }

    private func delivered(
        _ blob: Blob, _ receipt: StoreReceipt?, _ kind: Kind, format: String?
    ) -> CloudinaryAsset {
        CloudinaryAsset(
            kind, .authenticated, publicID: publicID(of: blob.sha256), format: kind == .raw ? nil : format,
            version: receipt?.version.flatMap { Int64($0) })
    }
}
