import Core
import Crypto
import Testing

@testable import Blobs

@Suite("Signed URLs of Cloudinary")
struct CloudinaryDeliveryTests {
    struct Vector: Sendable {
        var transformation = ""
        let source: String
        var algorithm = CloudinarySigner.Algorithm.sha1
        var length = CloudinarySigner.SignatureLength.short
        let signature: String
    }

    /// Of Cloudinary's SDKs, with the secret `b`.
    static let vectors: [Vector] = [
        Vector(transformation: "c_crop,h_20,w_10", source: "image.jpg", signature: "Ai4Znfl3"),
        Vector(source: "image.jpg", signature: "--SjmNDA"),
        Vector(source: "http://google.com/path/to/image.png", signature: "hH_YcbiS"),
        Vector(source: "sample.jpg", signature: "v2fTPYTu"),
        Vector(source: "sample.jpg", algorithm: .sha256, signature: "2hbrSMPO"),
        Vector(source: "sample.jpg", length: .long, signature: "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf"),
        Vector(source: "sample.jpg", algorithm: .sha256, length: .long, signature: "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf"),
        Vector(
            transformation: "co_red,l_text:Times_70_bold:Cool%25F0%259F%2598%258D", source: "image.jpg",
            signature: "Uqk1a-5W"),
    ]

    @Test("Known sources have their signatures", arguments: vectors)
    func signature(vector: Vector) {
        let signer = CloudinaryFixture.signer("b", vector.algorithm)
        #expect(
            signer.deliverySignature(
                transformation: vector.transformation, source: vector.source, length: vector.length)
                == vector.signature)
    }

    /// Names and the URLs that Cloudinary's SDK makes of them.
    static let names: [(String, String)] = [
        ("//a", "s--ccf3SKvv--/v1///a"), ("///a", "s--ccf3SKvv--/v1///a"), ("a//b", "s--TXZrdckN--/v1/a/b"),
        ("a:///b", "s--7Msh0nDe--/v1/a://b"), ("a:b//c", "s--1m-Bbqxy--/v1/a:b/c"),
        ("http://x//y z", "s--1FpJcL2D--/http://x/y%20z"), ("a%2F%2Fb", "s--A7f7tKQ2--/v1/a//b"),
        ("v12/a", "s--8RU3rMRR--/v12/a"), ("ü", "s--pff8EO79--/%C3%BC"), ("50%", "s--k3zt0c4I--/50%25"),
        ("%zz", "s--HalrvO_I--/%25zz"),
    ]

    @Test("A name is escaped as the SDK does it", arguments: names)
    func escaping(name: String, path: String) {
        let url = CloudinaryFixture.signer("b").deliveryURL(
            base: "http://res.cloudinary.com/test123", CloudinaryAsset(.video, .authenticated, publicID: name))
        #expect(url == "http://res.cloudinary.com/test123/video/authenticated/\(path)")
    }

    struct URLVector: Sendable {
        let asset: CloudinaryAsset
        var transformation = ""
        var signature: CloudinarySigner.SignatureLength? = .short
        let path: String
    }

    /// From Cloudinary's SDK.
    static let urls: [URLVector] = [
        URLVector(
            asset: CloudinaryAsset(.image, .upload, publicID: "image.jpg", version: 1234),
            transformation: "c_crop,h_20,w_10", path: "image/upload/s--Ai4Znfl3--/c_crop,h_20,w_10/v1234/image.jpg"),
        URLVector(
            asset: CloudinaryAsset(.image, .upload, publicID: "image.jpg", version: 1234),
            path: "image/upload/s----SjmNDA--/v1234/image.jpg"),
        URLVector(
            asset: CloudinaryAsset(.image, .fetch, publicID: "http://google.com/path/to/image.png", version: 1234),
            path: "image/fetch/s--hH_YcbiS--/v1234/http://google.com/path/to/image.png"),
        URLVector(
            asset: CloudinaryAsset(.image, .upload, publicID: "sample.jpg"), signature: .long,
            path: "image/upload/s--2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf--/sample.jpg"),
        URLVector(
            asset: CloudinaryAsset(.video, .authenticated, publicID: "folder/a b%20ü//x", format: "mp3"),
            path: "video/authenticated/s--UV8k_VIN--/v1/folder/a%20b%20%C3%BC/x.mp3"),
        URLVector(
            asset: CloudinaryAsset(.video, .authenticated, publicID: "voicenote/0f", format: "opus", version: 7),
            transformation: "t_f_mp3,br_44k",
            path: "video/authenticated/s---xwYzRlw--/t_f_mp3,br_44k/v7/voicenote/0f.opus"),
        URLVector(
            asset: CloudinaryAsset(.raw, .privateUpload, publicID: "a.json", version: 2), signature: nil,
            path: "raw/private/v2/a.json"),
    ]

    @Test("A URL has its parts in their order", arguments: urls)
    func url(vector: URLVector) {
        let url = CloudinaryFixture.signer("b").deliveryURL(
            base: "https://res.cloudinary.com/test123", vector.asset, transformation: vector.transformation,
            signature: vector.signature)
        #expect(url == "https://res.cloudinary.com/test123/\(vector.path)")
    }

    /// Parameters of a download and the signature that Cloudinary's SDK makes of them at 1700000000, with `secret1`.
    static let downloads: [(String, String?, CloudinarySigner.Algorithm, String)] = [
        ("voicenote/00ff", nil, .sha1, "abf4c4ac70b00313828b041fe11fbf415c123a10"),
        ("voicenote/00ff", nil, .sha256, "c1110ce0b2bfcbe260059e45bcfd21616d3ad8480b2087ce567e6af762f0da3f"),
        ("voicenote/aä&b c", "mp3", .sha1, "d9c37e21ee51b2df67da6d16d1650c733f322f5c"),
    ]

    @Test("A download expires", arguments: downloads)
    func download(publicID: String, format: String?, algorithm: CloudinarySigner.Algorithm, signature: String) {
        let signer = CloudinaryFixture.signer("secret1", algorithm, cloudName: "demo")
        let url = signer.downloadURL(
            api: "https://api.cloudinary.com",
            CloudinaryAsset(.video, .authenticated, publicID: publicID, format: format, version: 9),
            expiresAt: CloudinaryFixture.time(1_700_003_600), at: CloudinaryFixture.time(1_700_000_000))
        let format = format.map { "&format=\($0)" } ?? ""
        #expect(
            url == "https://api.cloudinary.com/v1_1/demo/video/download?public_id=\(PercentText.component(publicID))"
                + "\(format)&type=authenticated&expires_at=1700003600&timestamp=1700000000&signature=\(signature)"
                + "&api_key=key1")
    }

    @Test("A download may be an attachment, which is signed")
    func attachment() {
        let signer = CloudinaryFixture.signer("secret1")
        let url = { (attachment: Bool) in
            signer.downloadURL(
                api: "https://api.cloudinary.com", CloudinaryAsset(.raw, .authenticated, publicID: "a"),
                attachment: attachment, expiresAt: CloudinaryFixture.time(2), at: CloudinaryFixture.time(1))
        }
        #expect(url(true).contains("&attachment=true&"))
        #expect(!url(false).contains("attachment"))
        #expect(url(true).suffix(80) != url(false).suffix(80))
    }

    /// The URL-safe Base64 of a keyed hash, as image proxies sign paths with; a vector from outside.
    @Test("URL-safe Base64 has no padding")
    func base64() {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("test-salt/asd".utf8), using: SymmetricKey(data: Array("test-key".utf8)))
        let bytes = Array(code)
        #expect(CloudinarySigner.urlSafeBase64(bytes) == "oWaL7QoW5TsgbuiS9-5-DI8S3Ibbo1gdB2SteJh3a20")
        #expect(CloudinarySigner.urlSafeBase64(Array(bytes.prefix(8))) == "oWaL7QoW5Ts")
        #expect(CloudinarySigner.urlSafeBase64([0xFB, 0xFF]) == "-_8")
    }
}
