import Core
import Foundation
import Logging
import Persistence
import Testing

@testable import Services

/// One at a time: every hash of a password takes a core and 64 MiB.
@Suite(.serialized) struct AccountsTests {
    private static let password = "correct horse"

    private static func accounts(
        _ fixture: Fixture, _ change: (inout Settings.Accounts) -> Void = { _ in }
    ) async throws -> Accounts {
        var settings = Settings(profile: .testing).accounts
        change(&settings)
        return try await Accounts(
            database: fixture.database, hasher: PasswordHasher(), settings: settings, logger: fixture.logger)
    }

    private static func register(_ accounts: Accounts, _ email: String = "ada@example.org") async throws -> Session {
        try await accounts.register(email: email, name: "Ada", password: password)
    }

    @Test("the first account becomes the owner even where registration is closed; then it is closed")
    func owner() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture) { $0.registrationOpen = false }
        #expect(try await accounts.setup() == (false, true))
        #expect(try await Self.register(accounts).account.role == .owner)
        #expect(try await accounts.setup() == (true, false))
        await expect(.registrationClosed) { _ = try await Self.register(accounts, "bob@example.org") }
        let forced = try await accounts.create(
            email: "bob@example.org", name: "Bob", password: Self.password, force: true)
        #expect(forced.role == .member)
        #expect(try await accounts.all().map(\.email) == ["ada@example.org", "bob@example.org"])
    }

    @Test("of many who register first at once, one becomes the owner")
    func firstRace() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture) { $0.registrationOpen = false }
        let made = await withTaskGroup(of: Session?.self) { group in
            for number in 0..<4 { group.addTask { try? await Self.register(accounts, "a\(number)@example.org") } }
            return await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
        }
        #expect(made.map(\.account.role) == [.owner])
        #expect(try await accounts.all().count == 1)
    }

    @Test("an e-mail address is taken whatever its case; mistakes are named together")
    func register() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts, " Ada@Example.ORG ")
        #expect(session.account.email == "ada@example.org")
        await expect(.emailTaken) { _ = try await Self.register(accounts, "ADA@example.org") }
        #expect(try await Self.register(accounts, "bob@example.org").account.role == .member)
        await #expect {
            _ = try await accounts.register(email: "x", name: "", password: "short")
        } throws: { ($0 as? VoiceNoteError)?.fields.map(\.field) == ["email", "name", "password"] }
    }

    @Test("the right password signs in, a wrong one and an unknown address do not and look the same")
    func login() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let registered = try await Self.register(accounts)
        let session = try await accounts.login(email: "ADA@example.org", password: Self.password, address: "1")
        #expect(session.account == registered.account)
        #expect(session.refreshToken != registered.refreshToken)
        let principal = try await accounts.authenticate(session.accessToken)
        #expect(principal == Principal(account: session.account.id, role: .owner, scopes: Set(Scope.allCases)))
        var errors: [VoiceNoteError] = []
        for (email, password) in [("ada@example.org", "wrong password"), ("bob@example.org", Self.password), ("", "")] {
            do {
                _ = try await accounts.login(email: email, password: password, address: "1")
            } catch let error as VoiceNoteError {
                errors.append(error)
            }
        }
        #expect(errors.count == 3 && Set(errors).count == 1 && errors[0].code == .invalidCredentials)
    }

    @Test("the password is stored as an argon2id hash with a salt of its own")
    func hash() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        var hashes: Set<String> = []
        for email in ["ada@example.org", "bob@example.org"] {
            let id = try await Self.register(accounts, email).account.id
            let hash = try #require(try await fixture.database.read { try $0.accounts.passwordHash(of: id) })
            #expect(hash.hasPrefix("$argon2id$") && !hash.contains(Self.password))
            hashes.insert(hash)
        }
        #expect(hashes.count == 2)
    }

    @Test("after ten wrong passwords an address has to wait, even with the right one; others need not")
    func limit() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        _ = try await Self.register(accounts)
        for _ in 0..<12 {
            _ = try await accounts.login(email: "ada@example.org", password: Self.password, address: "1")
        }
        for _ in 0..<10 {
            await expect(.invalidCredentials) {
                _ = try await accounts.login(email: "ada@example.org", password: "wrong password", address: "1")
            }
        }
        do {
            _ = try await accounts.login(email: "ada@example.org", password: Self.password, address: "2")
            Issue.record("not limited")
        } catch let error as VoiceNoteError {
            #expect(error.code == .rateLimited)
            #expect((error.retryAfter ?? .zero) > .zero && (error.retryAfter ?? .zero) <= .seconds(30))
        }
        await expect(.invalidCredentials) {
            _ = try await accounts.login(email: "bob@example.org", password: "wrong password", address: "1")
        }
    }

    @Test("a refresh gives new tokens of the same session, each refresh token is good once")
    func refresh() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        var session = try await Self.register(accounts)
        var seen: Set<String> = [session.refreshToken]
        for _ in 0..<5 {
            session = try await accounts.refresh(session.refreshToken)
            #expect(seen.insert(session.refreshToken).inserted)
            _ = try await accounts.authenticate(session.accessToken)
        }
        await expect(.unauthenticated) { _ = try await accounts.refresh("unknown") }
    }

    @Test("a spent refresh token that comes again ends its session and no other")
    func reuse() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let stolen = try await Self.register(accounts)
        let other = try await accounts.login(email: "ada@example.org", password: Self.password, address: "1")
        let second = try await accounts.refresh(stolen.refreshToken)
        let third = try await accounts.refresh(second.refreshToken)
        await expect(.refreshTokenReused) { _ = try await accounts.refresh(stolen.refreshToken) }
        await expect(.unauthenticated) { _ = try await accounts.refresh(third.refreshToken) }
        await expect(.unauthenticated) { _ = try await accounts.refresh(stolen.refreshToken) }
        _ = try await accounts.refresh(other.refreshToken)
    }

    @Test("of two refreshes with the same token at most one succeeds")
    func refreshRace() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { (try? await accounts.refresh(session.refreshToken)) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(wins <= 1)
    }

    @Test("a session that was logged out or has expired cannot be refreshed")
    func logout() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        let other = try await accounts.login(email: "ada@example.org", password: Self.password, address: "1")
        try await accounts.logout(session.refreshToken)
        try await accounts.logout("unknown")
        await expect(.unauthenticated) { _ = try await accounts.refresh(session.refreshToken) }
        _ = try await accounts.refresh(other.refreshToken)
        let short = try await Self.accounts(fixture) { $0.refreshLifetime = .seconds(-1) }
        let expired = try await short.login(email: "ada@example.org", password: Self.password, address: "1")
        await expect(.unauthenticated) { _ = try await short.refresh(expired.refreshToken) }
    }

    @Test("an access token that expired, was altered, or is of another system is refused")
    func accessTokens() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let token = try await Self.register(accounts).accessToken
        let short = try await Self.accounts(fixture) { $0.accessLifetime = .seconds(-10) }
        let expired = try await short.login(email: "ada@example.org", password: Self.password, address: "1")
        await expect(.tokenExpired) { _ = try await accounts.authenticate(expired.accessToken) }
        let parts = token.split(separator: ".").map(String.init)
        let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().replacing("=", with: "")
        for bad in [
            "", "x", "a.b.c", parts[0] + "." + parts[1] + ".", none + "." + parts[1] + ".", none + "." + parts[1],
            parts[0] + "." + parts[0] + "." + parts[2], String(repeating: "a", count: 5000), "vn_" + token,
        ] {
            await expect(.unauthenticated) { _ = try await accounts.authenticate(bad) }
        }
        let elsewhere = try await Fixture()
        let others = try await Self.accounts(elsewhere)
        await expect(.unauthenticated) { _ = try await others.authenticate(token) }
    }

    @Test("an API token carries its scopes, is stored as a hash, and ends when it is deleted or expires")
    func apiTokens() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        let me = try await accounts.authenticate(session.accessToken)
        let issued = try await accounts.createToken(name: "phone", scopes: [.read], expiresInDays: 1, for: me)
        #expect(issued.text.hasPrefix("vn_") && issued.text.count == 67)
        let principal = try await accounts.authenticate(issued.text)
        #expect(principal == Principal(account: me.account, role: .owner, scopes: [.read]))
        #expect(try await accounts.tokens(of: me).first?.lastUsedAt != nil)
        #expect(throws: VoiceNoteError.self) { try principal.require(.write) }
        let bob = try await accounts.authenticate(try await Self.register(accounts, "bob@example.org").accessToken)
        await expect(.notFound) { try await accounts.deleteToken(issued.token.id, of: bob) }
        #expect(try await accounts.tokens(of: bob).isEmpty)
        try await fixture.database.write { connection in
            _ = try connection.execute(
                "UPDATE api_tokens SET expires_at = $1", [.integer(Timestamp.now().milliseconds)])
        }
        // Behind the back of this instance, as another process would: seen after the second that is remembered.
        try await Task.sleep(for: .milliseconds(1050))
        await expect(.tokenExpired) { _ = try await accounts.authenticate(issued.text) }
        try await fixture.database.write { connection in
            _ = try connection.execute("UPDATE api_tokens SET expires_at = NULL", [])
        }
        try await Task.sleep(for: .milliseconds(1050))
        _ = try await accounts.authenticate(issued.text)
        // What this instance does is seen at once.
        try await accounts.deleteToken(issued.token.id, of: me)
        await expect(.unauthenticated) { _ = try await accounts.authenticate(issued.text) }
        await expect(.notFound) { try await accounts.deleteToken(issued.token.id, of: me) }
    }

    @Test("a token hands on only scopes that it has itself")
    func handOn() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let account = try await Self.register(accounts).account.id
        let reader = Principal(account: account, role: .owner, scopes: [.read, .admin])
        for scopes in [[Scope.write], [.read, .write], [.read, .write, .admin]] {
            await expect(.validationFailed) {
                _ = try await accounts.createToken(name: "x", scopes: Set(scopes), expiresInDays: nil, for: reader)
            }
        }
        let issued = try await accounts.createToken(
            name: "x", scopes: [.read, .admin], expiresInDays: nil, for: reader)
        #expect(issued.token.expiresAt == nil)
    }

    @Test(
        "a token needs a name, a scope, and an expiry that makes sense",
        arguments: [("", [Scope.read], 1), ("x", [], 1), ("x", [.read], 0), ("x", [.read], -5), ("x", [.read], 3651)])
    func badToken(name: String, scopes: [Scope], days: Int) async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let me = Principal(account: try await fixture.account(), role: .member, scopes: Set(Scope.allCases))
        await expect(.validationFailed) {
            _ = try await accounts.createToken(name: name, scopes: Set(scopes), expiresInDays: days, for: me)
        }
    }

    @Test("an account has at most a hundred API tokens")
    func mostTokens() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let me = Principal(account: try await fixture.account(), role: .member, scopes: [.read])
        for _ in 0..<100 { _ = try await accounts.createToken(name: "x", scopes: [.read], expiresInDays: nil, for: me) }
        await expect(.conflict) {
            _ = try await accounts.createToken(name: "x", scopes: [.read], expiresInDays: nil, for: me)
        }
    }

    @Test("a new password needs the old one and ends every session")
    func changePassword() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        let me = try await accounts.authenticate(session.accessToken)
        for current in [nil, "wrong password"] {
            await #expect {
                _ = try await accounts.update(
                    AccountPatch(password: "another password", currentPassword: current), of: me)
            } throws: { ($0 as? VoiceNoteError)?.fields.map(\.field) == ["currentPassword"] }
        }
        await expect(.validationFailed) {
            _ = try await accounts.update(AccountPatch(email: "new@example.org"), of: me)
        }
        _ = try await accounts.update(
            AccountPatch(password: "another password", currentPassword: Self.password), of: me)
        await expect(.unauthenticated) { _ = try await accounts.refresh(session.refreshToken) }
        await expect(.invalidCredentials) {
            _ = try await accounts.login(email: "ada@example.org", password: Self.password, address: "1")
        }
        _ = try await accounts.login(email: "ada@example.org", password: "another password", address: "1")
    }

    @Test("a reset sets the password and ends every session")
    func reset() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        try await accounts.resetPassword(email: "ADA@example.org", to: "another password")
        await expect(.unauthenticated) { _ = try await accounts.refresh(session.refreshToken) }
        _ = try await accounts.login(email: "ada@example.org", password: "another password", address: "1")
        await expect(.validationFailed) { try await accounts.resetPassword(email: "ada@example.org", to: "short") }
        await expect(.notFound) { try await accounts.resetPassword(email: "bob@example.org", to: "another password") }
    }

    @Test("a profile is cleaned and kept; Sunday can be saved (known mistake 4); mistakes are named together")
    func profile() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let session = try await Self.register(accounts)
        let me = try await accounts.authenticate(session.accessToken)
        let hours = Account.WorkHours(start: "08:00", end: "16:00")
        _ = try await accounts.update(
            AccountPatch(
                name: " Ada L. ", workHours: .some(hours), workDays: [7, 1], jargons: ["LUFS", "lufs"],
                systemPrompt: "Be\nbrief."), of: me)
        let account = try await accounts.account(of: me)
        #expect(account.name == "Ada L.")
        #expect(
            account.profile
                == Account.Profile(workHours: hours, workDays: [1, 7], jargons: ["LUFS"], systemPrompt: "Be\nbrief."))
        #expect(try await accounts.update(AccountPatch(workHours: .some(nil)), of: me).profile.workHours == nil)
        await #expect {
            _ = try await accounts.update(
                AccountPatch(
                    name: "", email: "x", password: "short", workHours: .some(Account.WorkHours(start: "9", end: "5")),
                    workDays: [0], jargons: [""], systemPrompt: "\u{0}"), of: me)
        } throws: { error in
            (error as? VoiceNoteError)?.fields.map(\.field)
                == ["name", "email", "password", "workHours", "workDays", "jargons", "systemPrompt"]
        }
    }

    @Test("an e-mail address is changed with the password, unless another has it")
    func changeEmail() async throws {
        let fixture = try await Fixture()
        let accounts = try await Self.accounts(fixture)
        let me = try await accounts.authenticate(try await Self.register(accounts).accessToken)
        _ = try await Self.register(accounts, "bob@example.org")
        await expect(.emailTaken) {
            _ = try await accounts.update(
                AccountPatch(email: "BOB@example.org", currentPassword: Self.password), of: me)
        }
        let changed = try await accounts.update(
            AccountPatch(email: "new@example.org", currentPassword: Self.password), of: me)
        #expect(changed.email == "new@example.org")
        _ = try await accounts.login(email: "new@example.org", password: Self.password, address: "1")
    }
}
