import Core
import Crypto
import Testing

@testable import Blobs

@Suite("Signed headers of S3")
struct S3SignerTests {
    /// A request of Amazon's S3 API Reference, "Examples: Signature Calculations", and the signature given there.
    struct Example: Sendable {
        let method: String
        let path: String
        var query: [S3Field] = []
        var headers: [S3Field] = []
        var payload = S3Payload.empty
        let signature: String
        let signedHeaders: String
    }

    static let examples: [Example] = [
        Example(
            method: "GET", path: "/test.txt", headers: [S3Field("Range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            signedHeaders: "host;range;x-amz-content-sha256;x-amz-date"),
        Example(
            method: "PUT", path: S3Encoding.path("/test$file.text"),
            headers: [
                S3Field("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                S3Field("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], payload: .hashed(hash("Welcome to Amazon S3.")),
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            signedHeaders: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class"),
        Example(
            method: "GET", path: "/", query: [S3Field("lifecycle", "")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            signedHeaders: "host;x-amz-content-sha256;x-amz-date"),
        Example(
            method: "GET", path: "/", query: [S3Field("prefix", "J"), S3Field("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            signedHeaders: "host;x-amz-content-sha256;x-amz-date"),
    ]

    private static func hash(_ text: String) -> SHA256Hash {
        guard let hash = SHA256Hash(bytes: SHA256.hash(data: Array(text.utf8))) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return hash
    }

    @Test("The examples of Amazon's reference have its signatures", arguments: examples)
    func reference(example: Example) {
        let signed = S3Fixture.signer.sign(
            example.method, host: S3Fixture.host, path: example.path, query: example.query, headers: example.headers,
            payload: example.payload, at: S3Fixture.time)
        #expect(signed.signature == example.signature)
        #expect(
            signed.headers == [
                S3Field("x-amz-content-sha256", example.payload.text), S3Field("x-amz-date", "20130524T000000Z"),
                S3Field(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                        + "SignedHeaders=\(example.signedHeaders), Signature=\(example.signature)"),
            ])
    }

    /// A request of Amazon's suite, `GET` of the host `example.amazonaws.com`, and its header signature. Only cases
    /// that do not depend on a normalised path, which S3 does not have.
    struct SuiteCase: Sendable, CustomStringConvertible {
        let name: String
        var path = "/"
        var query: [S3Field] = []
        var headers: [S3Field] = []
        let signature: String

        var description: String { name }
    }

    static let suite: [SuiteCase] = [
        SuiteCase(
            name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        SuiteCase(
            name: "get-header-key-duplicate",
            headers: [
                S3Field("My-Header1", "value2"), S3Field("My-Header1", "value2"), S3Field("My-Header1", "value1"),
            ], signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        SuiteCase(
            name: "get-header-value-order",
            headers: ["value4", "value1", "value3", "value2"].map { S3Field("My-Header1", $0) },
            signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
        SuiteCase(
            name: "get-header-value-trim",
            headers: [S3Field("My-Header1", " value1"), S3Field("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        SuiteCase(
            name: "get-vanilla-with-session-token",
            headers: [S3Field("X-Amz-Security-Token", S3Fixture.suiteToken)],
            signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
        SuiteCase(
            name: "get-slashes-unnormalized", path: "//example//",
            signature: "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"),
        SuiteCase(
            name: "get-slash-dot-slash-unnormalized", path: "/./",
            signature: "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"),
        SuiteCase(
            name: "get-utf8", path: "/ሴ",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        SuiteCase(
            name: "get-vanilla-query-order-key-case",
            query: [S3Field("Param2", "value2"), S3Field("Param1", "value1")],
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        SuiteCase(
            name: "get-vanilla-utf8-query", query: [S3Field("ሴ", "bar")],
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        SuiteCase(
            name: "get-vanilla-query-order-encoded",
            query: [S3Field("Param-3", "Value3"), S3Field("Param", "Value2"), S3Field("ሴ", "Value1")],
            signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
        SuiteCase(
            name: "get-vanilla-query-unreserved", query: [S3Field(unreserved, unreserved)],
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    ]

    private static let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    @Test("The cases of Amazon's suite have its signatures", arguments: suite)
    func suiteCase(example: SuiteCase) {
        let request = S3CanonicalRequest(
            method: "GET", path: S3Encoding.path(example.path), query: S3Encoding.queryBytes(example.query),
            headers: [S3Field("X-Amz-Date", "20150830T123600Z"), S3Field("Host", "example.amazonaws.com")]
                + example.headers, payloadHash: S3Payload.emptyDigest)
        let signature = S3Fixture.suiteKey.signature(of: request, date: S3Fixture.suiteDate)
        #expect(String(decoding: signature, as: UTF8.self) == example.signature)
    }

    @Test("A session token is sent and signed; an empty one is none")
    func sessionToken() {
        let sign = { (token: Secret?) in
            S3Signer(
                S3Credentials(accessKey: "a", secretKey: Secret("b"), sessionToken: token), region: "r"
            ).sign("GET", host: "h", path: "/", payload: .unsigned, at: S3Fixture.time)
        }
        let signed = sign(Secret("FwoGZXIv"))
        #expect(signed.headers.contains(S3Field("x-amz-security-token", "FwoGZXIv")))
        #expect(signed.headers.last?.value.contains(";x-amz-security-token,") == true)
        for text in ["\(signed)", String(reflecting: signed)] {
            #expect(!text.contains("FwoGZXIv") && !text.contains(signed.signature))
        }
        #expect(sign(Secret("")).headers == sign(nil).headers)
        #expect(sign(nil).headers.map(\.name) == ["x-amz-content-sha256", "x-amz-date", "authorization"])
    }

    @Test("The key changes at midnight of UTC, and comes back when the clock does")
    func days() {
        let signer = S3Signer(S3Fixture.credentials, region: "us-east-1")
        let signature = { (milliseconds: Int64) in
            signer.sign(
                "GET", host: "h", path: "/", payload: .empty, at: Timestamp(milliseconds: milliseconds))
        }
        let midnight = S3Fixture.time.milliseconds
        let before = signature(midnight - 1)
        let after = signature(midnight)
        #expect(before.headers.last?.value.contains("/20130523/") == true)
        #expect(after.headers.last?.value.contains("/20130524/") == true)
        #expect(signature(midnight - 1).signature == before.signature)
        #expect(signature(midnight).signature == after.signature)
    }

    @Test("Many at once get what one alone gets")
    func concurrent() async {
        let signer = S3Signer(S3Fixture.credentials, region: "us-east-1")
        let sign = { @Sendable (day: Int64) in
            signer.sign(
                "GET", host: "h", path: "/", payload: .empty, at: Timestamp(milliseconds: day * 86_400_000)
            ).signature
        }
        let alone = (0..<4).map { sign(Int64($0)) }
        let together = await withTaskGroup(of: (Int, String).self) { group in
            for index in 0..<200 { group.addTask { (index % 4, sign(Int64(index % 4))) } }
            return await group.reduce(into: [(Int, String)]()) { $0.append($1) }
        }
        #expect(together.allSatisfy { $0.1 == alone[$0.0] })
    }
}
