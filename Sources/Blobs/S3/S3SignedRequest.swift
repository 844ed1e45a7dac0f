/// What a signature adds to a request.
public struct S3SignedRequest: Sendable {
    /// To be sent beside those that were signed: `authorization`, `x-amz-date`, `x-amz-content-sha256` and, where they
    /// apply, `x-amz-security-token`, `content-encoding` and `x-amz-decoded-content-length`. They are secrets.
    public let headers: [S3Field]
    /// 64 hexadecimal digits.
    public let signature: String
    /// Signs the chunks of a body that was signed as ``S3Payload/chunked(length:)``.
    public let chunks: S3ChunkSigner
}

extension S3SignedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "signed headers: \(headers.map(\.name).joined(separator: ", "))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
