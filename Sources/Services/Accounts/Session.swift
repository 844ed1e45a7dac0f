public import Core

/// What a sign-in gives: who it is, a short-lived token for requests and a token for the next refresh.
public struct Session: Sendable {
    public let account: Account
    public let accessToken: String
    /// Good for one refresh.
    public let refreshToken: String
    public let accessLifetime: Duration
    public let refreshLifetime: Duration
}

/// A new API token with its text, which is shown this once.
public struct IssuedToken: Sendable {
    public let token: APIToken
    public let text: String
}

/// What a person may change of their account; nil stays as it is.
public struct AccountPatch: Sendable {
    public var name: String?
    public var email: String?
    public var password: String?
    /// Needed to change e-mail or password.
    public var currentPassword: String?
    public var workHours: Account.WorkHours??
    public var workDays: [Int]?
    public var jargons: [String]?
    public var systemPrompt: String?

    public init(
        name: String? = nil, email: String? = nil, password: String? = nil, currentPassword: String? = nil,
        workHours: Account.WorkHours?? = nil, workDays: [Int]? = nil, jargons: [String]? = nil,
        systemPrompt: String? = nil
    ) {
        self.name = name
        self.email = email
        self.password = password
        self.currentPassword = currentPassword
        self.workHours = workHours
        self.workDays = workDays
        self.jargons = jargons
        self.systemPrompt = systemPrompt
    }
}
