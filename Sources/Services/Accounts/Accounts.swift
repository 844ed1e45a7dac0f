public import Core
import Jobs
public import Logging
public import Persistence
import Synchronization

/// Accounts and how they sign in: passwords, sessions, API tokens.
public final class Accounts: Sendable {
    let database: any SQLDatabase
    let hasher: PasswordHasher
    let settings: Settings.Accounts
    let accessTokens: AccessTokens
    let logger: Logger
    /// Who the bearer of a token is, by the token's hash.
    let bearers = FreshCache<SHA256Hash, Bearer>()
    /// Grows when a token is deleted.
    let deletions = Atomic(0)
    /// Wrong passwords for one e-mail address: ten at once, then one in half a minute.
    let attemptsByEmail = RateLimiter(capacity: 10, period: .seconds(300))
    /// Wrong passwords from one address on the network.
    private let attemptsByAddress = RateLimiter(capacity: 100, period: .seconds(300))

    /// Loads the signing key, or makes it at the first start.
    public init(
        database: any SQLDatabase, hasher: PasswordHasher, settings: Settings.Accounts, logger: Logger
    ) async throws {
        self.database = database
        self.hasher = hasher
        self.settings = settings
        self.logger = logger
        let secret = try await database.write { connection in
            try connection.keys.current(
                purpose: "access", candidate: Hexadecimal.encode(TokenText.randomBytes(32)), at: .now()
            ).secret
        }
        guard let bytes = Hexadecimal.decode(secret), bytes.count >= 32 else {
            throw VoiceNoteError(.internalError, "The signing key in the database is damaged; restore a backup.")
        }
        accessTokens = await AccessTokens(secret: bytes, lifetime: settings.accessLifetime)
    }

    /// Whether there is an account, and whether another one may be made by anybody.
    public func setup() async throws -> (ownerExists: Bool, registrationOpen: Bool) {
        let count = try await database.read { try $0.accounts.count() }
        return (count > 0, count == 0 || settings.registrationOpen)
    }

    /// Makes an account and signs it in. The first one becomes the owner, even where registration is closed.
    public func register(email: String, name: String, password: String) async throws -> Session {
        let account = try await create(email: email, name: name, password: password, force: false)
        return try await startSession(for: account, family: SessionFamily.ID())
    }

    /// Makes an account.
    /// - Parameter force: an operator's word at the command line: closed registration does not matter.
    public func create(email: String, name: String, password: String, force: Bool) async throws -> Account {
        var validation = Validation()
        let email = validation.check("email") { () throws(InvalidValue) in try AccountRules.email(email) }
        let name = validation.check("name") { () throws(InvalidValue) in try AccountRules.name(name) }
        let password = validation.check("password") { () throws(InvalidValue) in try AccountRules.password(password) }
        try validation.finish()
        guard let email, let name, let password else { throw VoiceNoteError(.internalError, "Validation is broken.") }
        // Closed registration is checked before the costly hash and again in the transaction.
        if !force, try await !setup().registrationOpen { throw Self.registrationClosed }
        let hash = try await hasher.hash(password)
        let isOpen = settings.registrationOpen || force
        do {
            return try await database.write { connection in
                let isFirst = try connection.accounts.count() == 0
                guard isFirst || isOpen else { throw Self.registrationClosed }
                let now = Timestamp.now()
                let account = Account(
                    id: Account.ID(at: now), email: email, name: name, role: isFirst ? .owner : .member,
                    profile: Account.Profile(), createdAt: now, updatedAt: now)
                try connection.accounts.insert(account, passwordHash: hash)
                return account
            }
        } catch PersistenceError.uniqueViolation {
            throw Self.emailTaken
        }
    }

    /// Signs in by password.
    /// - Parameter address: where the request comes from, for the limit on wrong passwords.
    public func login(email: String, password: String, address: String) async throws -> Session {
        let email = (try? AccountRules.email(email)) ?? ""
        let waits = [attemptsByEmail.take(email), attemptsByAddress.take(address)]
        if let wait = waits.compactMap({ $0 }).max() {
            throw VoiceNoteError(
                .rateLimited, "Too many wrong passwords; wait a little and try again.", retryAfter: wait)
        }
        let account = try await database.read { try $0.accounts.find(email: email) }
        guard let account, try await isPassword(password, of: account.id) else {
            // An unknown address costs as much time as a known one, so that nobody can probe for accounts.
            if account == nil { _ = try await hasher.hash(String(password.prefix(256))) }
            throw VoiceNoteError(.invalidCredentials, "The e-mail address or the password is wrong.")
        }
        attemptsByEmail.giveBack(email)
        attemptsByAddress.giveBack(address)
        return try await startSession(for: account, family: SessionFamily.ID())
    }

    func isPassword(_ password: String, of account: Account.ID) async throws -> Bool {
        guard password.utf8.count <= AccountRules.password.upperBound * 4,
            let hash = try await database.read({ try $0.accounts.passwordHash(of: account) })
        else { return false }
        return try await hasher.verify(password, against: hash)
    }

    func startSession(for account: Account, family: SessionFamily.ID) async throws -> Session {
        let now = Timestamp.now()
        let text = TokenText.make()
        let token = RefreshToken(
            id: RefreshToken.ID(at: now), account: account.id, family: family,
            expiresAt: now + settings.refreshLifetime, usedAt: nil)
        try await database.write { connection in
            try connection.tokens.deleteExpired(at: now)
            try connection.tokens.insert(token, hash: TokenText.hash(text))
        }
        return Session(
            account: account, accessToken: try await accessTokens.issue(for: account, at: now), refreshToken: text,
            accessLifetime: settings.accessLifetime, refreshLifetime: settings.refreshLifetime)
    }

    static let emailTaken = VoiceNoteError(
        .emailTaken, "There is an account with this e-mail address; sign in or use another one.")
    private static let registrationClosed = VoiceNoteError(
        .registrationClosed, "Registration is closed here; ask the owner for an account.")
}
