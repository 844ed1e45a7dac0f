/// Who signs. The secrets are never printed (see ``Secret``).
public struct S3Credentials: Sendable, Hashable {
    public let accessKey: String
    let secretKey: Secret
    /// Of temporary credentials (AWS STS); goes along with every request.
    let sessionToken: Secret?

    /// An empty session token is none.
    public init(accessKey: String, secretKey: Secret, sessionToken: Secret? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
    }
}
