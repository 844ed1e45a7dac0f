import Core
import Testing

@testable import Persistence

@Suite struct RepositoryTests {
    private static let hash = Sample.digest(0xABC)

    @Test("an account comes back as it was written, by id and by e-mail")
    func accounts() async throws {
        let fixture = try await Fixture()
        var account = try await fixture.account(.owner)
        account.name = "Ada Lovelace"
        account.email = "ada@example.org"
        account.profile = Account.Profile(
            workHours: Account.WorkHours(start: "09:00", end: "17:00"), workDays: [7], jargons: ["LUFS", "é"],
            systemPrompt: "Be\nbrief.")
        account.updatedAt = Timestamp(milliseconds: 5)
        let changed = account
        let (id, email, stranger, hash, count, all) = try await fixture.database.write { connection in
            try connection.accounts.update(changed)
            try connection.accounts.setPasswordHash("other", of: changed.id)
            let accounts = connection.accounts
            return (
                try accounts.find(changed.id), try accounts.find(email: "ada@example.org"),
                try accounts.find(email: "ADA@example.org"), try accounts.passwordHash(of: changed.id),
                try accounts.count(), try accounts.all()
            )
        }
        #expect(id == changed)
        #expect(email == changed)
        #expect(stranger == nil)
        #expect(hash == "other")
        #expect(count == 1)
        #expect(all == [changed])
        #expect(try await fixture.database.read { try $0.accounts.passwordHash(of: Account.ID()) } == nil)
    }

    @Test("an e-mail address belongs to one account, at the making and at the change")
    func uniqueEmail() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.account()
        var second = try await fixture.account()
        second.email = first.email
        let taken = second
        let error = PersistenceError.uniqueViolation("UNIQUE constraint failed: accounts.email")
        await #expect(throws: error) { try await fixture.database.write { try $0.accounts.update(taken) } }
        let third = Account(
            id: Account.ID(), email: first.email, name: "x", role: .member, profile: Account.Profile(),
            createdAt: .now(), updatedAt: .now())
        await #expect(throws: error) {
            try await fixture.database.write { try $0.accounts.insert(third, passwordHash: "") }
        }
    }

    @Test("a refresh token is spent once")
    func spend() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let token = RefreshToken(
            id: RefreshToken.ID(), account: account.id, family: SessionFamily.ID(),
            expiresAt: Timestamp(milliseconds: 100), usedAt: nil)
        let (found, first, second, spent) = try await fixture.database.write { connection in
            try connection.tokens.insert(token, hash: Self.hash)
            return (
                try connection.tokens.refreshToken(hash: Self.hash),
                try connection.tokens.spend(token.id, at: Timestamp(milliseconds: 7)),
                try connection.tokens.spend(token.id, at: Timestamp(milliseconds: 8)),
                try connection.tokens.refreshToken(hash: Self.hash)?.usedAt
            )
        }
        #expect(found == token)
        #expect(first)
        #expect(!second)
        #expect(spent == Timestamp(milliseconds: 7))
    }

    @Test("families, sessions and expired tokens go, and only they")
    func endSessions() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account()
        let bob = try await fixture.account()
        let family = SessionFamily.ID()
        let tokens: [(Int, Account.ID, SessionFamily.ID, Int64)] = [
            (1, ada.id, family, 100), (2, ada.id, family, 100), (3, ada.id, SessionFamily.ID(), 100),
            (4, bob.id, SessionFamily.ID(), 100), (5, bob.id, SessionFamily.ID(), 50),
        ]
        func left(after body: @escaping @Sendable (TokenRepository) throws -> Void) async throws -> [Int] {
            try await fixture.database.write { connection in
                try connection.execute("DELETE FROM refresh_tokens")
                for (number, account, family, expiry) in tokens {
                    try connection.tokens.insert(
                        RefreshToken(
                            id: RefreshToken.ID(), account: account, family: family,
                            expiresAt: Timestamp(milliseconds: expiry), usedAt: nil), hash: Sample.digest(number))
                }
                try body(connection.tokens)
                return try tokens.map(\.0).filter { try connection.tokens.refreshToken(hash: Sample.digest($0)) != nil }
            }
        }
        #expect(try await left { try $0.deleteFamily(family) } == [3, 4, 5])
        #expect(try await left { try $0.deleteSessions(of: ada.id) } == [4, 5])
        #expect(try await left { try $0.deleteExpired(at: Timestamp(milliseconds: 60)) } == [1, 2, 3, 4])
    }

    @Test("API tokens are found by their hash, listed by account, and deleted by their owner only")
    func apiTokens() async throws {
        let fixture = try await Fixture()
        let ada = try await fixture.account(.owner)
        let bob = try await fixture.account()
        let token = APIToken(
            id: APIToken.ID(), account: ada.id, name: "phone", scopes: [.read, .write], createdAt: .now(),
            expiresAt: Timestamp(milliseconds: 9), lastUsedAt: nil)
        let (found, listed, others, touched, foreign, own, again) = try await fixture.database.write { connection in
            let tokens = connection.tokens
            try tokens.insert(token, hash: Self.hash)
            let found = try tokens.apiToken(hash: Self.hash)
            let listed = try tokens.apiTokens(of: ada.id)
            let others = try tokens.apiTokens(of: bob.id)
            try tokens.touchAPIToken(token.id, at: Timestamp(milliseconds: 3))
            return (
                found, listed, others, try tokens.apiToken(hash: Self.hash)?.token.lastUsedAt,
                try tokens.deleteAPIToken(token.id, of: bob.id), try tokens.deleteAPIToken(token.id, of: ada.id),
                try tokens.deleteAPIToken(token.id, of: ada.id)
            )
        }
        #expect(found?.token == token)
        #expect(found?.role == .owner)
        #expect(listed == [token])
        #expect(others.isEmpty)
        #expect(touched == Timestamp(milliseconds: 3))
        #expect(!foreign)
        #expect(own)
        #expect(!again)
    }

    @Test("a signing key is made once and stays, a key for each purpose")
    func keys() async throws {
        let fixture = try await Fixture()
        let secrets = try await fixture.database.write { connection in
            try [("url", "a"), ("url", "b"), ("access", "c"), ("url", "d")].map { purpose, candidate in
                try connection.keys.current(purpose: purpose, candidate: candidate, at: .now()).secret
            }
        }
        #expect(secrets == ["a", "a", "c", "a"])
    }

    @Test("a blob that anything refers to is not forgotten")
    func references() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        let recording = note.recording.id
        try await fixture.database.write { connection in
            try connection.insert(note)
            for number in [2, 3] {
                try connection.blobs.recordVerified(
                    Sample.digest(number), size: Int64(number), store: "local", at: .now())
            }
            let blob = Blob(sha256: Sample.digest(2), size: 2, mimeType: "audio/ogg")
            try connection.recordings.setRendition(
                Rendition(kind: .listen, blob: blob, codec: "opus"), of: recording)
        }
        let answers = try await fixture.database.write { connection in
            try [1, 2, 3, 4].map { number in
                (
                    try connection.blobs.isReferenced(Sample.digest(number)),
                    try connection.blobs.deleteIfUnreferenced(Sample.digest(number)),
                    try connection.blobs.exists(Sample.digest(number))
                )
            }
        }
        #expect(answers[0] == (true, false, true))
        #expect(answers[1] == (true, false, true))
        #expect(answers[2] == (false, true, false))
        #expect(answers[3] == (false, false, false))
        #expect(try await fixture.database.read { try $0.blobs.totals() } == (2, 3))
        #expect(
            try await fixture.database.read { try $0.recordings.blobs(of: recording) }
                == [Sample.digest(1), Sample.digest(2)])
    }

    @Test("to record a blob twice is to record it once, verified at the later time")
    func recordTwice() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1, at: Timestamp(milliseconds: 1000))
        let later = Timestamp(milliseconds: 2000)
        let found = try await fixture.database.write { connection in
            try connection.insert(note)
            try connection.blobs.recordVerified(Sample.digest(1), size: 1, store: "local", at: later)
            return (try connection.notes.find(note.id), try connection.blobs.totals())
        }
        #expect(found.0?.recording.verifiedAt == later)
        #expect(found.1 == (1, 1))
    }

    @Test("a recording gets its report, its silence, its progress and one rendition of each kind")
    func recordings() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        let recording = note.recording.id
        let report = Sample.report(silence: [SilenceMap.Item(startMs: 10, endMs: 900)])
        try await fixture.database.write { connection in
            try connection.insert(note)
            try connection.recordings.setProgress(0.25, of: recording)
        }
        let before = try await fixture.database.read { connection in
            (try connection.notes.find(note.id), try connection.recordings.silence(of: recording))
        }
        #expect(before.0?.recording.progress == 0.25)
        #expect(before.0?.recording.report == nil)
        #expect(before.1 == nil)
        try await fixture.database.write { connection in
            try connection.recordings.setReport(report, of: recording)
            for number in [5, 6] {
                try connection.blobs.recordVerified(
                    Sample.digest(number), size: Int64(number), store: "local", at: .now())
                let blob = Blob(sha256: Sample.digest(number), size: Int64(number), mimeType: "audio/ogg")
                try connection.recordings.setRendition(
                    Rendition(kind: .listen, blob: blob, codec: "opus"), of: recording)
            }
        }
        let (found, silence) = try await fixture.database.read { connection in
            (try connection.notes.find(recording: recording), try connection.recordings.silence(of: recording))
        }
        var short = report
        short.silence = SilenceMap()
        #expect(found?.recording.report == short, "a list does not carry every silent stretch")
        #expect(silence == report.silence)
        #expect(found?.recording.progress == 1)
        #expect(found?.recording.blob.mimeType == "audio/x-wav", "what analysis found, not what was declared")
        #expect(found?.recording.renditions.map(\.blob.sha256) == [Sample.digest(6)])
    }

    @Test("a recording whose blob is unknown cannot be written")
    func foreignKeys() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        await #expect(throws: (any Error).self) {
            try await fixture.database.write { try $0.recordings.insert(note.recording, of: account.id, at: .now()) }
        }
        try await fixture.database.write { try $0.insert(note) }
        await #expect(throws: (any Error).self, "a recording that has a note") {
            try await fixture.database.write { try $0.recordings.delete(note.recording.id) }
        }
        await #expect(throws: (any Error).self, "a blob that has a recording") {
            try await fixture.database.write { connection in
                try connection.execute("DELETE FROM replicas")
                try connection.execute("DELETE FROM blobs")
            }
        }
    }

    @Test("a row with a value that no program wrote is an error, not a crash")
    func damagedRows() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        try await fixture.database.change("UPDATE accounts SET role = 'king'")
        await #expect(throws: PersistenceError.wrongType("role")) {
            try await fixture.database.read { try $0.accounts.find(account.id) }
        }
        try await fixture.database.change("UPDATE accounts SET role = 'owner', id = 'x'")
        await #expect(throws: PersistenceError.wrongType("id")) {
            try await fixture.database.read { try $0.accounts.all() }
        }
        await #expect(throws: PersistenceError.missingColumn("b")) {
            try await fixture.database.read { try $0.query("SELECT 1 AS a").map { try $0.text("b") } }
        }
    }
}
