import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

@Suite struct PlaybackTests {
    private static let signer = URLSigner(keyID: "url-1", secret: [UInt8](repeating: 7, count: 32))

    private static func note(_ change: (inout Note) -> Void = { _ in }) -> Note {
        let now = Timestamp(milliseconds: 1_795_248_000_000)
        let blob = Blob(sha256: Receipts.digest, size: 4, mimeType: "audio/wav")
        var note = Note(
            id: Note.ID(at: now), account: Account.ID(), title: "", text: "", tags: [], folder: nil, archived: false,
            pinned: false, state: .processing, reason: nil, createdAt: now, updatedAt: now, trashedAt: nil, version: 1,
            urlEpoch: 3,
            recording: Recording(
                id: Recording.ID(), blob: blob, fileName: nil, report: nil, progress: 0, verifiedAt: nil, renditions: []
            ))
        change(&note)
        return note
    }

    private enum Receipts {
        static var digest: SHA256Hash {
            guard let hash = SHA256Hash(bytes: [UInt8](repeating: 2, count: 32)) else {
                preconditionFailure("32 bytes are a SHA-256")
            }
            return hash
        }
    }

    private static func fields(_ query: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (parts[0], parts[1])
            })
    }

    private static let now = Timestamp(milliseconds: 1_795_248_000_000)
    private static let later = now + .seconds(3600)

    /// What the check of the query says; nil when it is good.
    private static func refusal(_ fields: [String: String], _ note: Note, at now: Timestamp) -> VoiceNoteError.Code? {
        do throws(VoiceNoteError) {
            guard let grant = try URLGrant(query: { fields[$0] }) else { return .badRequest }
            try signer.verify(grant, for: note, at: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "a signed URL comes back from its text and is good for its note",
        arguments: [nil, .listen, .source] as [Playback.Choice?])
    func good(choice: Playback.Choice?) throws {
        let note = Self.note()
        for download in [true, false] {
            let grant = Self.signer.grant(for: note, choice, expiresAt: Self.later, download: download)
            let fields = Self.fields(grant.query)
            let read = try #require(try URLGrant(query: { fields[$0] }))
            #expect(read == grant)
            #expect(read.choice == choice && read.download == download && read.epoch == 3)
            #expect(Self.refusal(fields, note, at: Self.now) == nil)
            #expect(grant.query.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "=&-_".contains($0)) })
        }
    }

    @Test("a URL with any field altered, added or taken away is invalid")
    func altered() throws {
        let note = Self.note()
        let grant = Self.signer.grant(for: note, .listen, expiresAt: Self.later, download: false)
        let good = Self.fields(grant.query)
        let expires = try #require(good["expires"].flatMap { Int64($0) })
        let changes: [(String, String?)] = [
            ("rendition", "source"), ("rendition", nil), ("rendition", "video"), ("download", "1"),
            ("expires", String(expires + 1)), ("expires", String(expires - 1)), ("expires", nil), ("expires", "x"),
            ("expires", "-1"), ("expires", "9999999999999999"), ("epoch", "4"), ("epoch", "2"), ("epoch", nil),
            ("epoch", "x"), ("key", "url-2"), ("key", nil), ("key", String(repeating: "k", count: 33)),
            ("signature", ""), ("signature", "AAAA"), ("signature", String(repeating: "A", count: 43)),
            ("signature", String(repeating: "A", count: 65)),
        ]
        for (name, value) in changes {
            var fields = good
            fields[name] = value
            #expect(Self.refusal(fields, note, at: Self.now) == .urlInvalid, "\(name)=\(value ?? "nothing")")
        }
        #expect(Self.refusal(good, Self.note { _ in }, at: Self.now) == .urlInvalid, "another note")
        #expect(Self.refusal([:], note, at: Self.now) == .badRequest, "not a signed URL at all")
        let stranger = URLSigner(keyID: "url-1", secret: [UInt8](repeating: 8, count: 32))
        let forged = stranger.grant(for: note, .listen, expiresAt: Self.later, download: false)
        #expect(Self.refusal(Self.fields(forged.query), note, at: Self.now) == .urlInvalid)
    }

    @Test("a signature has one spelling: every other character makes it invalid")
    func signature() throws {
        let note = Self.note()
        let good = Self.fields(Self.signer.grant(for: note, nil, expiresAt: Self.later, download: false).query)
        let signature = Array(try #require(good["signature"]))
        #expect(signature.count == 43)
        for index in signature.indices {
            for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=" {
                guard character != signature[index] else { continue }
                var changed = signature
                changed[index] = character
                var fields = good
                fields["signature"] = String(changed)
                #expect(Self.refusal(fields, note, at: Self.now) == .urlInvalid)
            }
        }
    }

    @Test("invalid comes before revoked, and revoked before expired")
    func order() {
        let note = Self.note()
        let revoked = Self.note { $0.urlEpoch += 1 }
        let grant = Self.signer.grant(for: note, nil, expiresAt: Self.later, download: false)
        let fields = Self.fields(grant.query)
        func sameID(_ other: Note) -> Note {
            var copy = note
            copy.urlEpoch = other.urlEpoch
            return copy
        }
        #expect(Self.refusal(fields, note, at: Self.later - .milliseconds(1)) == nil)
        #expect(Self.refusal(fields, note, at: Self.later) == .urlExpired)
        #expect(Self.refusal(fields, sameID(revoked), at: Self.now) == .urlRevoked)
        #expect(Self.refusal(fields, sameID(revoked), at: Self.later) == .urlRevoked)
        var forged = fields
        forged["download"] = "1"
        #expect(Self.refusal(forged, sameID(revoked), at: Self.later) == .urlInvalid)
    }

    @Test("a signed path plays without an account until it is revoked, trashed or the note is gone")
    func signedPath() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Array("abc".utf8), of: account)
        func path() async throws -> URLGrant {
            let (path, _) = try await fixture.playback.signedPath(
                note.id, .source, lifetime: .seconds(60), download: false, of: account)
            #expect(path.hasPrefix("/api/v1/notes/\(note.id)/audio?"))
            let fields = Self.fields(String(path.split(separator: "?")[1]))
            return try #require(try URLGrant(query: { fields[$0] }))
        }
        let grant = try await path()
        #expect(try await fixture.playback.audio(note.id, grant: grant).size == 3)
        try await fixture.notes.revokeURLs(note.id, of: account)
        await expect(.urlRevoked) { _ = try await fixture.playback.audio(note.id, grant: grant) }
        let second = try await path()
        _ = try await fixture.notes.trash(note.id, of: account)
        await expect(.urlRevoked) { _ = try await fixture.playback.audio(note.id, grant: second) }
        await expect(.conflict) { _ = try await path() }
        try await fixture.notes.deleteForGood(note.id, of: account)
        await expect(.urlRevoked) { _ = try await fixture.playback.audio(note.id, grant: second) }
        await expect(.notFound) { _ = try await path() }
    }

    @Test("the key that signs URLs outlives the process")
    func keyStays() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Array("abc".utf8), of: account)
        let grant = fixture.signer.grant(for: note, nil, expiresAt: .now() + .seconds(60), download: false)
        let again = try await URLSigner(database: fixture.database)
        #expect(throws: Never.self) { try again.verify(grant, for: note, at: .now()) }
    }

    @Test(
        "a download is named after the file, else the title, and the name is no path",
        arguments: [
            ("memo.wav", "Talk", "memo.wav"), (nil, "Talk", "Talk.audio"),
            (nil, "a/b\\c:d*e?f\"g<h>i|j", "a-b-c-d-e-f-g-h-i-j.audio"),
            (nil, "../x", "..-x.audio"), (nil, "a/\u{301}b", "a-\u{301}b.audio"),
        ] as [(String?, String, String)])
    func fileName(file: String?, title: String, name: String) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let draft = NoteDraft(title: title, fileName: file, mimeType: "audio/wav")
        let (note, _) = try await fixture.upload(Array("abc".utf8), draft, of: account)
        let audio = try await fixture.playback.audio(note.id, nil, of: account)
        #expect(Array(audio.fileName.utf8) == Array(name.utf8))
        #expect(
            audio.entityTag == note.recording.blob.sha256.description && audio.size == 3
                && audio.mimeType == "audio/wav")
    }

    @Test("a recording without file name and title is named after its time")
    func noName() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Array("abc".utf8), of: account)
        let audio = try await fixture.playback.audio(note.id, .source, of: account)
        let time = note.createdAt.description.prefix(19).replacing(":", with: "-")
        #expect(audio.fileName == "note-\(time).audio")
    }

    @Test("what processing has not made yet is not ready, what it could not make is not found")
    func notReady() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(Array("abc".utf8), of: account)
        let playback = fixture.playback
        await expect(.notReady) { _ = try await playback.audio(note.id, .listen, of: account) }
        await expect(.notReady) { _ = try await playback.waveform(note.id, of: account) }
        await expect(.notReady) { _ = try await playback.silence(note.id, of: account) }
        try await fixture.database.write { connection in
            var failed = note
            failed.state = .failed
            _ = try connection.notes.update(failed, from: note)
        }
        await expect(.notFound) { _ = try await playback.audio(note.id, .listen, of: account) }
        #expect(try await playback.audio(note.id, nil, of: account).size == 3, "the source is there")
        await expect(.notFound) { _ = try await playback.audio(note.id, nil, of: Account.ID()) }
        await expect(.notFound) { _ = try await playback.silence(note.id, of: Account.ID()) }
    }
}
