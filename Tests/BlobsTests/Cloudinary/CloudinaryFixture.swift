import Blobs
import Core

enum CloudinaryFixture {
    static func signer(
        _ secret: String, _ algorithm: CloudinarySigner.Algorithm = .sha1, cloudName: String = "test123",
        apiKey: String = "key1"
    ) -> CloudinarySigner {
        CloudinarySigner(
            CloudinaryCredentials(cloudName: cloudName, apiKey: apiKey, apiSecret: Secret(secret)), algorithm: algorithm
        )
    }

    static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
}
