/// Whose product environment it is, and what signs for it. The secret is never printed (see ``Secret``).
public struct CloudinaryCredentials: Sendable, Hashable {
    public let cloudName: String
    public let apiKey: String
    public let apiSecret: Secret

    public init(cloudName: String, apiKey: String, apiSecret: Secret) {
        self.cloudName = cloudName
        self.apiKey = apiKey
        self.apiSecret = apiSecret
    }
}
