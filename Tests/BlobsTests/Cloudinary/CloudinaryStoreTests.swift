import Core
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Blobs

@Suite("A store on Cloudinary")
struct CloudinaryStoreTests {
    private static let hash = String(repeating: "0f", count: 32)

    private static func settings(_ change: (inout Settings.Store) -> Void = { _ in }) -> Settings.Store {
        var settings = Settings.Store(name: "cloudinary")
        settings.cloudName = "demo"
        settings.apiKey = "key1"
        settings.apiSecret = "secret1"
        change(&settings)
        return settings
    }

    private static func blob(size: Int64 = 11) throws -> Blob {
        Blob(sha256: try #require(SHA256Hash(hash)), size: size, mimeType: "audio/wav")
    }

    // The form

    @Test("A form has the fields, then the file")
    func form() {
        let form = CloudinaryForm(["public_id": "v/0f", "type": "authenticated"], fileName: "0f", boundary: "b")
        #expect(form.contentType == "multipart/form-data; boundary=b")
        #expect(
            String(decoding: form.head, as: UTF8.self)
                == "--b\r\nContent-Disposition: form-data; name=\"public_id\"\r\n\r\nv/0f\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nauthenticated\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"0f\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n")
        #expect(String(decoding: form.tail, as: UTF8.self) == "\r\n--b--\r\n")
        #expect(form.length(around: 1000) == Int64(form.head.count) + 1000 + 9)
    }

    @Test("Every form has a boundary of its own")
    func boundary() {
        let boundaries = (0..<100).map { _ in CloudinaryForm.boundary() }
        #expect(Set(boundaries).count == 100)
        #expect(boundaries.allSatisfy { $0.utf8.count <= 70 })
    }

    @Test("A form is as long as it says, and the file's digest is computed on the way", arguments: [0, 1, 600_000])
    func body(size: Int) async throws {
        let path = "\(NSTemporaryDirectory())/form-\(CloudinaryForm.randomText())"
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try Data(content).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let pieces = FilePieces(
            try OpenFile.reading(path), 0..<Int64(size), threads: NIOThreadPool.singleton)
        let digest = PieceDigest()
        let form = CloudinaryForm(["type": "authenticated"], fileName: "0f")
        for _ in 0..<2 {
            var body: [UInt8] = []
            for try await piece in form.body(around: pieces.hashed(by: digest)) {
                #expect(piece.readableBytes <= 256 << 10)
                body += piece.readableBytesView
            }
            #expect(body == form.head + content + form.tail)
            #expect(Int64(body.count) == form.length(around: Int64(size)))
            #expect(digest.count == Int64(size))
        }
    }

    // Parts

    @Test("A blob is cut into equal parts and a rest")
    func parts() {
        let parts = CloudinaryParts(size: 45_000_001, partSize: 20_000_000)
        #expect(parts.count == 3)
        #expect(
            (0..<3).map { parts.contentRange(parts[$0]) } == [
                "bytes 0-19999999/45000001", "bytes 20000000-39999999/45000001", "bytes 40000000-45000000/45000001",
            ])
        #expect(CloudinaryParts(size: 40_000_000, partSize: 20_000_000).count == 2)
        #expect(CloudinaryParts(size: 20_000_001, partSize: 20_000_000)[1] == 20_000_000..<20_000_001)
    }

    @Test("A transfer remembers what it is to become", arguments: [CloudinaryAsset.ResourceType.video, .raw])
    func transfer(kind: CloudinaryAsset.ResourceType) {
        var transfer = CloudinaryParts.begin(kind, partSize: 20_000_000)
        #expect(CloudinaryParts.kind(of: transfer, size: 45_000_000) == nil, "nothing is there to go on with")
        transfer.parts = ["20000000", "20000000"]
        #expect(CloudinaryParts.kind(of: transfer, size: 45_000_000) == kind)
        #expect(CloudinaryParts.kind(of: transfer, size: 40_000_000) == nil, "the last part is never noted")
        #expect(CloudinaryParts.kind(of: transfer, size: 30_000_000) == nil)
    }

    static let unusable: [StoreTransfer] = [
        StoreTransfer(id: "audio-00", partSize: 20_000_000, parts: ["20000000"]),
        StoreTransfer(id: "", partSize: 20_000_000, parts: ["20000000"]),
        StoreTransfer(id: "video-00", partSize: 5_000_000, parts: ["5000000"]),
        StoreTransfer(id: "video-00", partSize: 0, parts: ["0"]),
        StoreTransfer(id: "video-00", partSize: .max, parts: ["9223372036854775807"]),
        StoreTransfer(id: "video-00", partSize: 20_000_000, parts: ["20000000", "19999999"]),
    ]

    @Test("A transfer of another kind is not gone on with", arguments: unusable)
    func cannotBeGoneOnWith(transfer: StoreTransfer) {
        #expect(CloudinaryParts.kind(of: transfer, size: 100_000_000) == nil)
    }

    // Names and URLs

    private static func request(_ disposition: String? = nil, begins: Int64 = 1_700_000_000) -> SignedURLRequest {
        SignedURLRequest(
            begins: CloudinaryFixture.time(begins), lifetime: .seconds(3600), mimeType: "audio/wav",
            disposition: disposition)
    }

    @Test("Names stand in the folder", arguments: [("voicenote", "voicenote/"), ("/a//b/", "a/b/"), ("", "")])
    func names(folder: String, prefix: String) throws {
        let addresses = try CloudinaryAddresses(Self.settings { $0.folder = folder })
        #expect(addresses.publicID(of: try Self.blob().sha256) == prefix + Self.hash)
        #expect(addresses.markerID == prefix + "voicenote-store.json")
        #expect(addresses.call("upload", .video) == "https://api.cloudinary.com/v1_1/demo/video/upload")
    }

    @Test("A signed URL is the same text within a window, and expires with it")
    func window() throws {
        let addresses = try CloudinaryAddresses(Self.settings())
        let receipt = StoreReceipt(etag: "0", version: "7", format: "wav", resourceType: "video")
        let url = try #require(addresses.signedURL(try Self.blob(), receipt, Self.request()))
        #expect(url == addresses.signedURL(try Self.blob(), receipt, Self.request()))
        #expect(
            url.hasPrefix(
                "https://api.cloudinary.com/v1_1/demo/video/download?public_id=voicenote%2F\(Self.hash)"
                    + "&type=authenticated&expires_at=1700003600&timestamp=1700000000&signature="))
        #expect(!url.contains("secret1"))
        #expect(url != addresses.signedURL(try Self.blob(), receipt, Self.request(begins: 1_700_003_600)))
        let attachment = try #require(
            addresses.signedURL(try Self.blob(), receipt, Self.request("attachment; filename=\"a.wav\"")))
        #expect(attachment.contains("&attachment=true&"))
    }

    @Test("What is not known to be there has no signed URL, and raw bytes are asked for as such")
    func kinds() throws {
        let addresses = try CloudinaryAddresses(Self.settings())
        #expect(addresses.signedURL(try Self.blob(), nil, Self.request()) == nil)
        let raw = StoreReceipt(resourceType: "raw")
        #expect(addresses.signedURL(try Self.blob(), raw, Self.request())?.contains("/raw/download?") == true)
        #expect(addresses.derivedURL(try Self.blob(), raw, transformation: "f_mp3", format: "mp3") == nil)
        #expect(CloudinaryAddresses.kinds(nil) == [.video, .raw])
        #expect(CloudinaryAddresses.kinds(StoreReceipt()) == [.video, .raw])
        #expect(CloudinaryAddresses.kinds(raw) == [.raw])
    }

    /// Where recordings are delivered, with a token or with a signature.
    static let hosts: [(delivery: String, key: String, base: String)] = [
        ("https://res.cloudinary.com", "00112233FF99", "https://res.cloudinary.com/demo/"),
        ("https://demo-res.cloudinary.com/", "00112233FF99", "https://demo-res.cloudinary.com/"),
        ("https://audio.example.org", "00112233FF99", "https://audio.example.org/"),
        ("https://audio.example.org", "", "https://audio.example.org/demo/"),
        ("https://demo-res.cloudinary.com", "", "https://demo-res.cloudinary.com/"),
        ("https://res.cloudinary.com", "", "https://res.cloudinary.com/demo/"),
    ]

    @Test("With a key for tokens, a signed URL has one and no other signature", arguments: hosts)
    func token(host: (delivery: String, key: String, base: String)) throws {
        let addresses = try CloudinaryAddresses(
            Self.settings {
                $0.delivery = host.delivery
                $0.authTokenKey = host.key
            })
        let receipt = StoreReceipt(version: "7", format: "wav", resourceType: "video")
        let url = try #require(addresses.signedURL(try Self.blob(), receipt, Self.request()))
        #expect(url == addresses.signedURL(try Self.blob(), receipt, Self.request()))
        if host.key.isEmpty {
            #expect(url.hasPrefix("https://api.cloudinary.com/"))
        } else {
            let path = "\(host.base)video/authenticated/v7/voicenote/\(Self.hash).wav"
            #expect(url.hasPrefix("\(path)?__cld_token__=exp=1700003600~hmac="))
        }
        let derived = addresses.derivedURL(try Self.blob(), receipt, transformation: "br_44k", format: "mp3")
        #expect(derived?.hasPrefix("\(host.base)video/authenticated/s--") == true)
        #expect(derived?.hasSuffix("--/br_44k/v7/voicenote/\(Self.hash).mp3") == true)
    }

    static let refused: [@Sendable (inout Settings.Store) -> Void] = [
        { $0.apiSecret = "" }, { $0.cloudName = "" }, { $0.kind = .s3 }, { $0.kind = nil },
        { $0.authTokenKey = "secret" }, { $0.uploadPrefix = "api.cloudinary.com" }, { $0.uploadPrefix = "ftp://a" },
        { $0.delivery = "https://" }, { $0.delivery = "https://a?b" }, { $0.delivery = "https://a b" },
        { $0.folder = "a?b" }, { $0.folder = "a\r\nb" }, { $0.folder = " a" }, { $0.folder = "a/ b" },
        { $0.folder = String(repeating: "a", count: 151) },
    ]

    @Test("Settings that cannot be meant so are refused, without their secrets", arguments: refused.indices)
    func refuses(index: Int) {
        let error = #expect(throws: InvalidValue.self) { try CloudinaryAddresses(Self.settings(Self.refused[index])) }
        #expect(error?.message.contains("secret") != true)
    }

    @Test("A part is neither smaller nor larger than Cloudinary takes")
    func partSizes() async throws {
        let sizes: [(Int64?, Int64)] = [(nil, 20_000_000), (5_000_000, 5 << 20), (500_000_000, 100_000_000)]
        for (part, expected) in sizes {
            let store = try CloudinaryStore(Self.settings { $0.part = part }, meter: StoreMeter())
            #expect(store.partSize == expected)
            try await store.shutdown()
        }
    }
}
