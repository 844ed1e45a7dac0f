import Core
import Services

/// An account as its holder sees it.
struct AccountBody: Encodable, Sendable {
    let id: Account.ID
    let email: String
    let name: String
    let role: Account.Role
    @Nullable var workHours: Account.WorkHours?
    let workDays: [Int]
    let jargons: [String]
    let systemPrompt: String
    let createdAt: Timestamp
    let updatedAt: Timestamp

    init(_ account: Account) {
        id = account.id
        email = account.email
        name = account.name
        role = account.role
        workHours = account.profile.workHours
        workDays = account.profile.workDays
        jargons = account.profile.jargons
        systemPrompt = account.profile.systemPrompt
        createdAt = account.createdAt
        updatedAt = account.updatedAt
    }
}

/// A session; with cookies the tokens are not in the body, where a script could read them.
struct SessionBody: Encodable, Sendable {
    let account: AccountBody
    let accessToken: String?
    let refreshToken: String?
    /// Seconds that the access token is good for.
    let expiresIn: Int

    init(_ session: Session, withTokens: Bool) {
        account = AccountBody(session.account)
        accessToken = withTokens ? session.accessToken : nil
        refreshToken = withTokens ? session.refreshToken : nil
        expiresIn = Int(session.accessLifetime.seconds)
    }
}

struct TokenBody: Encodable, Sendable {
    let id: APIToken.ID
    let name: String
    let scopes: [Scope]
    let createdAt: Timestamp
    @Nullable var expiresAt: Timestamp?
    @Nullable var lastUsedAt: Timestamp?
    /// The token itself: only in the answer to its making.
    let token: String?

    init(_ token: APIToken, text: String? = nil) {
        id = token.id
        name = token.name
        scopes = token.scopes.sorted()
        createdAt = token.createdAt
        expiresAt = token.expiresAt
        lastUsedAt = token.lastUsedAt
        self.token = text
    }
}
