public import Core
import Jobs
import Logging
import Persistence
import Synchronization

extension Accounts {
    /// Exchanges a refresh token for a new session. Each is good once: when a spent one comes again, somebody has
    /// stolen one of the two, and everything descended from that sign-in ends (RFC 9700, section 4.14.2).
    public func refresh(_ refreshToken: String) async throws -> Session {
        let now = Timestamp.now()
        enum Outcome { case unknown, reused, fresh(Account, SessionFamily.ID) }
        let outcome: Outcome = try await database.write { connection in
            guard let token = try connection.tokens.refreshToken(hash: TokenText.hash(refreshToken)),
                token.expiresAt > now, let account = try connection.accounts.find(token.account)
            else { return .unknown }
            guard try connection.tokens.spend(token.id, at: now) else {
                try connection.tokens.deleteFamily(token.family)
                return .reused
            }
            return .fresh(account, token.family)
        }
        switch outcome {
        case .unknown: throw VoiceNoteError(.unauthenticated, "The session has ended; sign in again.")
        case .reused:
            logger.warning("a spent refresh token came again; the session was ended")
            throw VoiceNoteError(
                .refreshTokenReused, "This session was used from two places and has been ended; sign in again.")
        case .fresh(let account, let family): return try await startSession(for: account, family: family)
        }
    }

    /// Ends the session that the refresh token belongs to. An unknown token is as good as ended.
    public func logout(_ refreshToken: String) async throws {
        try await database.write { connection in
            if let token = try connection.tokens.refreshToken(hash: TokenText.hash(refreshToken)) {
                try connection.tokens.deleteFamily(token.family)
            }
        }
    }

    /// Who the bearer of an access token or an API token is.
    public func authenticate(_ token: String) async throws -> Principal {
        guard token.utf8.count <= 4096 else {
            throw VoiceNoteError(.unauthenticated, "The token is too long to be one of this system.")
        }
        let hash = TokenText.hash(token)
        let bearer = try await bearers.value(for: hash, generation: deletions.load(ordering: .acquiring)) {
            token.hasPrefix(TokenText.apiPrefix)
                ? try await self.bearer(ofAPIToken: hash) : try await accessTokens.verify(token)
        }
        if let expiry = bearer.expiresAt, expiry <= .now() {
            throw VoiceNoteError(.tokenExpired, "The token has expired; refresh it, sign in again or make a new one.")
        }
        return bearer.principal
    }

    private func bearer(ofAPIToken hash: SHA256Hash) async throws -> Bearer {
        let now = Timestamp.now()
        let found = try await database.read { try $0.tokens.apiToken(hash: hash) }
        guard let (stored, role) = found else {
            throw VoiceNoteError(.unauthenticated, "The API token is unknown or was deleted; make a new one.")
        }
        if stored.lastUsedAt.map({ now - $0 > .seconds(60) }) ?? true {
            try await database.write { try $0.tokens.touchAPIToken(stored.id, at: now) }
        }
        return Bearer(
            principal: Principal(account: stored.account, role: role, scopes: stored.scopes),
            expiresAt: stored.expiresAt)
    }

    /// Makes an API token; its text is in the answer and nowhere else.
    public func createToken(
        name: String, scopes: Set<Scope>, expiresInDays: Int?, for principal: Principal
    ) async throws -> IssuedToken {
        var validation = Validation()
        let name = validation.check("name") { () throws(InvalidValue) in try AccountRules.tokenName.apply(name) }
        if scopes.isEmpty { validation.fail("scopes", "At least one of read, write and admin is needed.") }
        if !scopes.isSubset(of: principal.scopes) {
            validation.fail("scopes", "A token can only hand on scopes that it has itself.")
        }
        if let expiresInDays, !(1...3650).contains(expiresInDays) {
            validation.fail("expiresInDays", "The number of days must be from 1 to 3650.")
        }
        try validation.finish()
        let now = Timestamp.now()
        let text = TokenText.make(prefix: TokenText.apiPrefix)
        let token = APIToken(
            id: APIToken.ID(at: now), account: principal.account, name: name ?? "", scopes: scopes, createdAt: now,
            expiresAt: expiresInDays.map { now + .seconds($0 * 86_400) }, lastUsedAt: nil)
        try await database.write { connection in
            guard try connection.tokens.apiTokens(of: principal.account).count < 100 else {
                throw VoiceNoteError(.conflict, "An account may have 100 API tokens; delete one that is not used.")
            }
            try connection.tokens.insert(token, hash: TokenText.hash(text))
        }
        return IssuedToken(token: token, text: text)
    }

    public func tokens(of principal: Principal) async throws -> [APIToken] {
        try await database.read { try $0.tokens.apiTokens(of: principal.account) }
    }

    public func deleteToken(_ id: APIToken.ID, of principal: Principal) async throws {
        let found = try await database.write { try $0.tokens.deleteAPIToken(id, of: principal.account) }
        if !found { throw VoiceNoteError.notFound("token") }
        deletions.add(1, ordering: .acquiringAndReleasing)
    }

    public func account(of principal: Principal) async throws -> Account {
        guard let account = try await database.read({ try $0.accounts.find(principal.account) }) else {
            throw VoiceNoteError(.unauthenticated, "The account is gone; sign in again.")
        }
        return account
    }

    /// Changes the account. A new e-mail address or password needs the current password; a new password ends every
    /// session, this one included.
    public func update(_ patch: AccountPatch, of principal: Principal) async throws -> Account {
        let clean = try Self.validated(patch)
        if clean.email != nil || clean.password != nil {
            let key = principal.account.description
            if let wait = attemptsByEmail.take(key) {
                throw VoiceNoteError(
                    .rateLimited, "Too many wrong passwords; wait a little and try again.", retryAfter: wait)
            }
            guard let current = clean.currentPassword, try await isPassword(current, of: principal.account) else {
                throw VoiceNoteError(
                    .validationFailed, "Please correct: currentPassword.",
                    fields: [FieldError(field: "currentPassword", message: "The current password is needed.")])
            }
            attemptsByEmail.giveBack(key)
        }
        let hash: String? = if let password = clean.password { try await hasher.hash(password) } else { nil }
        do {
            return try await database.write { connection in
                guard var account = try connection.accounts.find(principal.account) else {
                    throw VoiceNoteError(.unauthenticated, "The account is gone; sign in again.")
                }
                clean.apply(to: &account)
                account.updatedAt = .now()
                try connection.accounts.update(account)
                if let hash {
                    try connection.accounts.setPasswordHash(hash, of: account.id)
                    try connection.tokens.deleteSessions(of: account.id)
                }
                return account
            }
        } catch PersistenceError.uniqueViolation {
            throw Self.emailTaken
        }
    }

    /// Sets a new password without the old one: an operator's word at the command line.
    public func resetPassword(email: String, to password: String) async throws {
        let clean: String
        do { clean = try AccountRules.password(password) } catch {
            throw VoiceNoteError(.validationFailed, error.message)
        }
        let hash = try await hasher.hash(clean)
        let address = (try? AccountRules.email(email)) ?? ""
        try await database.write { connection in
            guard let account = try connection.accounts.find(email: address) else {
                throw VoiceNoteError.notFound("account")
            }
            try connection.accounts.setPasswordHash(hash, of: account.id)
            try connection.tokens.deleteSessions(of: account.id)
        }
    }

    /// Every account, oldest first.
    public func all() async throws -> [Account] {
        try await database.read { try $0.accounts.all() }
    }

    private static func validated(_ patch: AccountPatch) throws -> AccountPatch {
        var validation = Validation()
        var clean = patch
        if let name = patch.name {
            clean.name = validation.check("name") { () throws(InvalidValue) in try AccountRules.name(name) }
        }
        if let email = patch.email {
            clean.email = validation.check("email") { () throws(InvalidValue) in try AccountRules.email(email) }
        }
        if let password = patch.password {
            clean.password = validation.check("password") { () throws(InvalidValue) in
                try AccountRules.password(password)
            }
        }
        if case .some(.some(let hours)) = patch.workHours {
            clean.workHours = validation.check("workHours") { () throws(InvalidValue) in
                try AccountRules.workHours(hours)
            }
        }
        if let days = patch.workDays {
            clean.workDays = validation.check("workDays") { () throws(InvalidValue) in
                try AccountRules.workDays(days)
            }
        }
        if let jargons = patch.jargons {
            clean.jargons = validation.check("jargons") { () throws(InvalidValue) in
                try AccountRules.jargons(jargons)
            }
        }
        if let prompt = patch.systemPrompt {
            clean.systemPrompt = validation.check("systemPrompt") { () throws(InvalidValue) in
                try AccountRules.systemPrompt.apply(prompt)
            }
        }
        try validation.finish()
        return clean
    }
}

extension AccountPatch {
    func apply(to account: inout Account) {
        if let name { account.name = name }
        if let email { account.email = email }
        if let workHours { account.profile.workHours = workHours }
        if let workDays { account.profile.workDays = workDays }
        if let jargons { account.profile.jargons = jargons }
        if let systemPrompt { account.profile.systemPrompt = systemPrompt }
    }
}
