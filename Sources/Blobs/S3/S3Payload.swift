public import Core

/// What a signature says of a request's body (Amazon S3 API Reference, "Payload").
public enum S3Payload: Sendable, Hashable {
    /// Its SHA-256: the store refuses any other bytes.
    case hashed(SHA256Hash)
    /// There is none.
    case empty
    /// Nothing. Over TLS, the connection guards the bytes.
    case unsigned
    /// `aws-chunked`, each chunk with a signature of its own; so many bytes before they are framed.
    case chunked(length: Int64)

    /// The SHA-256 of no bytes.
    static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// The value of `x-amz-content-sha256`, which is also the last line of the canonical request.
    var text: String {
        switch self {
        case .hashed(let digest): digest.description
        case .empty: Self.emptyDigest
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .chunked: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        }
    }
}
