import Core
import Crypto
import Testing

@testable import Blobs

@Suite("Presigned URLs of S3")
struct S3PresignTests {
    @Test("The example of Amazon's reference has its hash and its signature")
    func reference() throws {
        let address = try S3Address(endpoint: "https://s3.amazonaws.com", bucket: "examplebucket", style: .virtual)
        let query =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        let canonical = S3CanonicalRequest(
            method: "GET", path: Array("/test.txt".utf8), query: Array(query.utf8), host: S3Fixture.host)
        #expect(
            Hexadecimal.encode(SHA256.hash(data: canonical.bytes))
                == "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04")
        let url = S3Fixture.signer.presignedURL(
            "test.txt", in: address, at: S3Fixture.time, validFor: .seconds(86_400))
        #expect(
            url == "https://examplebucket.s3.amazonaws.com/test.txt?\(query)"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    /// Parameters and signatures of `get-vanilla` and `get-vanilla-with-session-token` of Amazon's suite.
    static let suite: [([S3Field], String)] = [
        ([], "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"),
        (
            [S3Field("X-Amz-Security-Token", S3Fixture.suiteToken)],
            "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"
        ),
    ]

    @Test("The cases of Amazon's suite have its signatures", arguments: suite)
    func suiteCase(more: [S3Field], signature: String) {
        let query = S3Encoding.queryBytes(
            more + [
                S3Field("X-Amz-SignedHeaders", "host"), S3Field("X-Amz-Expires", "3600"),
                S3Field("X-Amz-Date", "20150830T123600Z"), S3Field("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                S3Field("X-Amz-Credential", "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"),
            ])
        let request = S3CanonicalRequest(
            method: "GET", path: "/", query: query, headers: [S3Field("host", "example.amazonaws.com")],
            payloadHash: S3Payload.emptyDigest)
        #expect(
            String(decoding: S3Fixture.suiteKey.signature(of: request, date: S3Fixture.suiteDate), as: UTF8.self)
                == signature)
    }

    static let overrides = S3ResponseOverrides(
        cacheControl: "private, max-age=60",
        contentDisposition: "attachment; filename=\"a.ogg\"; filename*=UTF-8''%C3%BC.ogg",
        contentType: "audio/ogg; codecs=opus")

    /// Method, key, token and overrides, and the signature that boto3 makes of them.
    static let boto: [(String, String, String?, S3ResponseOverrides, String)] = [
        (
            "GET", "voicenote/blobs/0f/a b+ü~*'().wav", "FwoGZXIvYXdz+/=token", overrides,
            "175aeb34732f5bf5d1c751fbcc851d8cf367d462bc04b5e947fd407ce482994d"
        ),
        (
            "GET", "voicenote/blobs/0f/a b+ü~*'().wav", nil, overrides,
            "b7764d4dcdaf1c21785855a840e6484a643898c92ce4a5cd5d2d2cad548f6c64"
        ),
        (
            "HEAD", "k", "FwoGZXIvYXdz+/=token", S3ResponseOverrides(),
            "75c88a9d9b299d8e58de01e21cb2d758b91a510150e67dd3dc5b0371f51520fb"
        ),
        (
            "HEAD", "k", nil, S3ResponseOverrides(),
            "922407c9e8610022b3925dc617b193ac6eed70fbbca58f0669d8cf90b74fee0e"
        ),
    ]

    @Test("Another client signs the same", arguments: boto)
    func otherClient(
        method: String, key: String, token: String?, overrides: S3ResponseOverrides, signature: String
    ) throws {
        let credentials = S3Credentials(
            accessKey: S3Fixture.credentials.accessKey, secretKey: S3Fixture.credentials.secretKey,
            sessionToken: token.map(Secret.init))
        let address = try S3Address(endpoint: "http://127.0.0.1:9000", bucket: "notes", style: .path)
        let url = S3Signer(credentials, region: "eu-central-1").presignedURL(
            key, in: address, method: method, at: Timestamp(milliseconds: 1_795_248_000_000), validFor: .seconds(3600),
            overrides: overrides)
        #expect(url.hasPrefix("http://127.0.0.1:9000" + address.path(of: key) + "?X-Amz-Algorithm="))
        #expect(url.hasSuffix("&X-Amz-Signature=\(signature)"), "\(url)")
    }

    @Test("The query is in the canonical order, whatever stands in it")
    func order() throws {
        let credentials = S3Credentials(accessKey: "a", secretKey: Secret("b"), sessionToken: Secret("c&d"))
        let address = try S3Address(endpoint: "http://127.0.0.1:9000", bucket: "notes", style: .path)
        let url = S3Signer(credentials, region: "r").presignedURL(
            "k", in: address, at: S3Fixture.time, validFor: .seconds(1), overrides: Self.overrides)
        let names = url.split(separator: "?")[1].split(separator: "&").dropLast().map { $0.prefix { $0 != "=" } }
        #expect(names.count == 9)
        #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(url.contains("&X-Amz-Security-Token=c%26d&"))
    }

    @Test(
        "A validity is whole seconds, at least one and at most a week",
        arguments: [
            (.zero, 1), (.seconds(-5), 1), (.milliseconds(1999), 1), (.seconds(3600), 3600),
            (.seconds(604_800), 604_800), (.seconds(604_801), 604_800),
        ] as [(Duration, Int)])
    func validity(duration: Duration, seconds: Int) throws {
        let address = try S3Address(endpoint: "http://127.0.0.1:9000", bucket: "notes", style: .path)
        let url = S3Fixture.signer.presignedURL("k", in: address, at: S3Fixture.time, validFor: duration)
        #expect(url.contains("&X-Amz-Expires=\(seconds)&"))
    }
}
