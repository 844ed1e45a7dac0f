public import Core
import Foundation

/// Replicas in a product environment of Cloudinary.
///
/// A recording is an authenticated asset of resource type `video`, which can be played and converted; what Cloudinary
/// does not know as media is `raw`. What is there is believed by its size and by its entity tag, which is the MD5 of
/// the bytes. Only the upload API is asked, never the admin API with its limit of calls in an hour.
public final class CloudinaryStore: Store {
    public let name: String
    public let kind = Settings.Store.Kind.cloudinary
    let addresses: CloudinaryAddresses
    let client: StoreClient
    /// Larger blobs go in parts of this.
    let partSize: Int64

    /// - Throws: ``InvalidValue`` when a setting is missing or cannot be meant so.
    public init(_ settings: Settings.Store, meter: StoreMeter) throws(InvalidValue) {
        name = settings.name
        addresses = try CloudinaryAddresses(settings)
        partSize = min(max(settings.part ?? CloudinaryParts.usual, CloudinaryParts.least), CloudinaryParts.most)
        client = StoreClient(name: settings.name, timeout: settings.timeout, meter: meter)
    }

    /// Closes the connections. Must be called before the store goes.
    public func shutdown() async throws {
        try await client.shutdown()
    }

    public func check(_ blob: Blob, _ receipt: StoreReceipt?) async throws -> StoreFinding {
        for kind in CloudinaryAddresses.kinds(receipt) {
            guard let found = try await lookUp(blob.sha256, kind) else { continue }
            guard let bytes = found.bytes, bytes == blob.size else {
                return .different("\(name) has \(found.bytes ?? -1) bytes of it, not \(blob.size).")
            }
            guard let tag = found.etag, let known = receipt?.etag else { return .unproven }
            guard CloudinaryAnswer.isSame(tag, known) else {
                return .different("\(name) has other bytes under its name.")
            }
            return .verified(found.receipt(kind))
        }
        return .missing
    }

    public func remove(_ blob: SHA256Hash, _ receipt: StoreReceipt?) async throws {
        for kind in CloudinaryAddresses.kinds(receipt) {
            do {
                let answer = try await call(
                    "destroy", kind,
                    ["public_id": addresses.publicID(of: blob), "type": "authenticated", "invalidate": "true"])
                guard ["ok", "not found"].contains(answer.result) else {
                    throw StoreError(.failing, "\(name) did not say that it removed it.")
                }
            } catch let error as StoreError where error.kind == .missing {
                continue
            }
        }
    }

    /// With a token where there is a key for it, else a URL of the API. The media type is Cloudinary's own choice, and
    /// an attachment is saved under the digest's name.
    public func signedURL(_ blob: Blob, _ receipt: StoreReceipt?, _ request: SignedURLRequest) -> String? {
        addresses.signedURL(blob, receipt, request)
    }

    // What Cloudinary makes of a recording

    /// A signed URL at which Cloudinary delivers what it makes of the blob: `f_mp3,br_44k` and `mp3`, say. It does not
    /// expire. Nil for what is kept as raw bytes.
    /// - Parameters:
    ///   - transformation: encoded as it is to be sent; empty for none.
    ///   - format: the extension.
    public func deliveryURL(
        _ blob: Blob, _ receipt: StoreReceipt?, transformation: String, format: String
    ) -> String? {
        addresses.derivedURL(blob, receipt, transformation: transformation, format: format)
    }

    /// A signed URL of a picture of the recording's waveform, which does not expire.
    /// - Parameters:
    ///   - width: in pixels, as the height is.
    ///   - color: a name, or hexadecimal digits behind `rgb:`.
    public func waveformURL(
        _ blob: Blob, _ receipt: StoreReceipt?, width: Int, height: Int, color: String = "white"
    ) -> String? {
        deliveryURL(
            blob, receipt, transformation: "fl_waveform,co_\(PercentText.component(color)),h_\(height),w_\(width)",
            format: "png")
    }

    /// Has Cloudinary make formats ahead of their first use, so that nobody waits for them: `f_mp3,br_44k/mp3`, say.
    /// Does not wait until they are made.
    public func prepare(_ blob: Blob, _ receipt: StoreReceipt, eager transformations: [String]) async throws {
        guard CloudinaryAddresses.kinds(receipt)[0] == .video, !transformations.isEmpty else { return }
        _ = try await call(
            "explicit", .video,
            [
                "public_id": addresses.publicID(of: blob.sha256), "type": "authenticated",
                "eager": transformations.joined(separator: "|"), "eager_async": "true",
            ])
    }

    // Cloudinary forgets by itself the parts of which no whole becomes

    public func abandonedTransfers(before time: Timestamp) async throws -> [AbandonedTransfer] { [] }

    public func abandon(_ transfer: AbandonedTransfer) async throws {}
}
