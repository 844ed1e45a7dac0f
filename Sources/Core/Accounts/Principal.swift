/// Who makes a request, and what they may do.
public struct Principal: Sendable, Hashable {
    public let account: Account.ID
    public let role: Account.Role
    public let scopes: Set<Scope>

    public init(account: Account.ID, role: Account.Role, scopes: Set<Scope>) {
        self.account = account
        self.role = role
        self.scopes = scopes
    }

    /// Throws ``VoiceNoteError/Code/forbidden`` without the scope. Whose things they are is checked elsewhere.
    public func require(_ scope: Scope) throws(VoiceNoteError) {
        guard scopes.contains(scope) else {
            throw VoiceNoteError(.forbidden, "This token lacks the scope \"\(scope.rawValue)\"; make one that has it.")
        }
    }
}

/// What a token may be used for. `admin` is about the account itself: tokens, password, e-mail.
public enum Scope: String, Sendable, Codable, CaseIterable, Comparable {
    case read
    case write
    case admin

    public static func < (left: Scope, right: Scope) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A long-lived token for a program. The token itself is shown once and stored as a hash only.
public struct APIToken: Sendable, Hashable {
    public typealias ID = Identifier<APIToken>

    public let id: ID
    public let account: Account.ID
    public let name: String
    public let scopes: Set<Scope>
    public let createdAt: Timestamp
    public let expiresAt: Timestamp?
    public let lastUsedAt: Timestamp?

    public init(
        id: ID, account: Account.ID, name: String, scopes: Set<Scope>, createdAt: Timestamp, expiresAt: Timestamp?,
        lastUsedAt: Timestamp?
    ) {
        self.id = id
        self.account = account
        self.name = name
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }
}

/// One sign-in and all refresh tokens descended from it.
public enum SessionFamily {
    public typealias ID = Identifier<SessionFamily>
}

/// A refresh token as it is stored: a hash, spent at most once.
public struct RefreshToken: Sendable, Hashable {
    public typealias ID = Identifier<RefreshToken>

    public let id: ID
    public let account: Account.ID
    public let family: SessionFamily.ID
    public let expiresAt: Timestamp
    public let usedAt: Timestamp?

    public init(
        id: ID, account: Account.ID, family: SessionFamily.ID, expiresAt: Timestamp, usedAt: Timestamp?
    ) {
        self.id = id
        self.account = account
        self.family = family
        self.expiresAt = expiresAt
        self.usedAt = usedAt
    }
}
