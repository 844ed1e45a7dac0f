public import Core
import Synchronization

/// Signs requests with AWS Signature Version 4 for S3.
///
/// May be used from anywhere at once. The key of the day is derived once and kept, so that a presigned URL costs one
/// hash and one HMAC. Neither the credentials nor the key are ever printed.
public final class S3Signer: Sendable {
    let credentials: S3Credentials
    public let region: String
    /// The session token as a query holds it.
    let encodedToken: [UInt8]
    private let latestKey: Mutex<S3SigningKey?>

    /// The region is the store's; stores without regions mostly answer to `us-east-1` or `auto`.
    public init(_ credentials: S3Credentials, region: String) {
        self.credentials = credentials
        self.region = region
        var token: [UInt8] = []
        PercentText.append(credentials.sessionToken?.text ?? "", to: &token)
        encodedToken = token
        latestKey = Mutex(nil)
    }

    /// Signs the headers of a request.
    ///
    /// - Parameters:
    ///   - method: upper case.
    ///   - host: the `Host` header exactly as it will be sent (``S3Address/host``).
    ///   - path: encoded once, as it will be sent (``S3Address/path(of:)``).
    ///   - query: not encoded; send it as ``S3Encoding/query(_:)`` writes it.
    ///   - headers: further headers, all of which are signed and must be sent unchanged. Leave out what a connection
    ///     may change, such as `User-Agent`.
    ///   - payload: what is promised of the body.
    ///   - namesEncoding: whether `Content-Encoding: aws-chunked` goes with chunks. There are stores that keep it and give
    ///     it to readers, and none that needs it.
    ///   - time: now; stores refuse what is more than 15 minutes off.
    public func sign(
        _ method: String, host: String, path: String, query: [S3Field] = [], headers: [S3Field] = [],
        payload: S3Payload, namesEncoding: Bool = true, at time: Timestamp
    ) -> S3SignedRequest {
        let key = key(at: time)
        let date = time.basicForm
        var added = [
            S3Field("x-amz-content-sha256", payload.text), S3Field("x-amz-date", String(decoding: date, as: UTF8.self)),
        ]
        if let token = credentials.sessionToken { added.append(S3Field("x-amz-security-token", token.text)) }
        if case .chunked(let length) = payload {
            if namesEncoding { added.append(S3Field("content-encoding", "aws-chunked")) }
            added.append(S3Field("x-amz-decoded-content-length", String(length)))
        }
        let request = S3CanonicalRequest(
            method: method, path: path, query: S3Encoding.queryBytes(query),
            headers: [S3Field("host", host)] + headers + added, payloadHash: payload.text)
        let signature = key.signature(of: request, date: date)
        added.append(authorization(key, request, signature))
        return S3SignedRequest(
            headers: added, signature: String(decoding: signature, as: UTF8.self),
            chunks: S3ChunkSigner(key: key, date: date, seed: signature))
    }

    private func authorization(_ key: S3SigningKey, _ request: S3CanonicalRequest, _ signature: [UInt8]) -> S3Field {
        let credential = "\(credentials.accessKey)/\(String(decoding: key.scope, as: UTF8.self))"
        return S3Field(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(request.signedHeaders), "
                + "Signature=\(String(decoding: signature, as: UTF8.self))")
    }

    /// The key for a day. Only the latest is kept: at midnight, the two may take turns for a moment.
    func key(at time: Timestamp) -> S3SigningKey {
        latestKey.withLock { latest in
            if let latest, latest.day == time.dayOfEpoch { return latest }
            let key = S3SigningKey(credentials, region: region, at: time)
            latest = key
            return key
        }
    }
}
