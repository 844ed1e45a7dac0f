import Blobs
import Testing

@Suite("A secret")
struct SecretTests {
    private static let key = "wJalrXUtnFEMI"

    private static func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    @Test("It is not printed, described, reflected or dumped, wherever it lies")
    func hidden() throws {
        let s3 = S3Credentials(
            accessKey: "AKIA", secretKey: Secret(Self.key), sessionToken: Secret(Self.key))
        let cloudinary = CloudinaryCredentials(cloudName: "demo", apiKey: "1", apiSecret: Secret(Self.key))
        let holders: [Any] = [
            Secret(Self.key), s3, cloudinary, [Secret(Self.key)], Optional(s3) as Any, ["key": cloudinary],
            S3Signer(s3, region: "us-east-1"), CloudinarySigner(cloudinary),
        ]
        for holder in holders {
            for text in ["\(holder)", String(describing: holder), String(reflecting: holder), Self.dumped(holder)] {
                #expect(!text.contains(Self.key))
            }
        }
    }

    @Test("It is equal to itself only")
    func equality() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("").isEmpty)
    }
}
