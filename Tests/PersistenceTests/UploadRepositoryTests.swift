import Core
import Testing

@testable import Persistence

extension Sample {
    static func upload(
        of account: Account.ID, kind: Upload.Kind = .whole, isLive: Bool = false, endsByLength: Bool = false,
        offset: Int64 = 0, length: Int64? = nil, announced: SHA256Hash? = nil, at time: Int64 = 1000
    ) -> Upload {
        let time = Timestamp(milliseconds: time)
        return Upload(
            id: Upload.ID(at: time), account: account, kind: kind, state: .open, isLive: isLive,
            endsByLength: endsByLength, draft: NoteDraft(mimeType: "audio/webm", announced: announced), metadata: nil,
            parts: nil, offset: offset, length: length, note: nil, receipt: nil, createdAt: time, updatedAt: time)
    }
}

@Suite struct UploadRepositoryTests {
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("an upload comes back as it was written", arguments: Upload.Kind.allCases)
    func insert(kind: Upload.Kind) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let full = Upload(
            id: Upload.ID(at: Self.time(2000)), account: account.id, kind: kind, state: .open, isLive: true,
            endsByLength: true,
            draft: NoteDraft(
                title: "Talk, é", tags: ["Work", "at home"], folder: "A", fileName: "memo.webm",
                mimeType: "audio/webm", announced: Sample.digest(7)),
            metadata: "title w6k=,live", parts: "final;/a /b", offset: 3, length: 9_000_000_000, note: nil,
            receipt: nil, createdAt: Self.time(2000), updatedAt: Self.time(2001))
        let bare = Sample.upload(of: account.id, kind: kind)
        try await fixture.database.write { connection in
            for upload in [full, bare] { try connection.uploads.insert(upload) }
        }
        for upload in [full, bare] {
            let found = try await fixture.database.read { connection in
                (try connection.uploads.find(upload.id), try connection.uploads.find(upload.id, of: account.id))
            }
            #expect(found.0 == upload)
            #expect(found.1 == upload)
        }
    }

    @Test("to another account, an upload is not there")
    func otherAccount() async throws {
        let fixture = try await Fixture()
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let upload = Sample.upload(of: account.id, announced: Sample.digest(1))
        let found = try await fixture.database.write { connection in
            try connection.uploads.insert(upload)
            return (
                try connection.uploads.find(upload.id, of: other.id), try connection.uploads.find(Upload.ID()),
                try connection.uploads.open(of: other.id, announced: nil, limit: 9),
                try connection.uploads.open(of: other.id, announced: Sample.digest(1), limit: 9)
            )
        }
        #expect(found.0 == nil)
        #expect(found.1 == nil)
        #expect(found.2.isEmpty && found.3.isEmpty)
        await #expect(throws: (any Error).self, "there is no such account") {
            let stray = Sample.upload(of: Account.ID())
            try await fixture.database.write { try $0.uploads.insert(stray) }
        }
    }

    @Test("an offset goes forward or stays, and never back", arguments: [(5, true), (6, true), (4, false), (0, false)])
    func advance(offset: Int64, isTaken: Bool) async throws {
        let fixture = try await Fixture()
        let upload = Sample.upload(of: try await fixture.account().id, offset: 5)
        let (taken, found, unknown) = try await fixture.database.write { connection in
            try connection.uploads.insert(upload)
            return (
                try connection.uploads.advance(upload.id, to: offset, length: 20, at: Self.time(3000)),
                try connection.uploads.find(upload.id),
                try connection.uploads.advance(Upload.ID(), to: offset, length: 20, at: Self.time(3000))
            )
        }
        var expected = upload
        if isTaken { (expected.offset, expected.length, expected.updatedAt) = (offset, 20, Self.time(3000)) }
        #expect(taken == isTaken)
        #expect(found == expected)
        #expect(!unknown)
    }

    /// The ways in which an upload ends.
    enum End: Sendable, CaseIterable {
        case complete, abandoned
    }

    @Test("what an upload became is noted once; afterwards nothing changes it", arguments: End.allCases)
    func end(end: End) async throws {
        let fixture = try await Fixture()
        let upload = Sample.upload(of: try await fixture.account().id, offset: 5)
        let note = Note.ID()
        let receipt = Receipt(sha256: Sample.digest(9), size: 12)
        let (ended, found, late) = try await fixture.database.write { connection in
            let uploads = connection.uploads
            try uploads.insert(upload)
            let ended =
                switch end {
                case .complete: try uploads.complete(upload.id, as: note, receipt, at: Self.time(4000))
                case .abandoned: try uploads.abandon(upload.id, at: Self.time(4000))
                }
            let late = [
                try uploads.advance(upload.id, to: 50, length: nil, at: Self.time(5000)),
                try uploads.complete(upload.id, as: Note.ID(), receipt, at: Self.time(5000)),
                try uploads.abandon(upload.id, at: Self.time(5000)),
            ]
            return (ended, try uploads.find(upload.id), late)
        }
        var expected = upload
        expected.updatedAt = Self.time(4000)
        switch end {
        case .complete:
            expected.state = .complete
            (expected.offset, expected.length, expected.note, expected.receipt) = (12, 12, note, receipt)
        case .abandoned: expected.state = .gone
        }
        #expect(ended)
        #expect(found == expected)
        #expect(late == [false, false, false])
    }

    @Test("open uploads are listed newest first, up to the limit, and by what they announced")
    func open() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account().id
        let uploads = (0..<5).map { number in
            Sample.upload(
                of: account, announced: number == 3 ? nil : Sample.digest(number % 2), at: 1000 + Int64(number))
        }
        let lists = try await fixture.database.write { connection in
            for upload in uploads { try connection.uploads.insert(upload) }
            _ = try connection.uploads.abandon(uploads[4].id, at: Self.time(9000))
            return [
                try connection.uploads.open(of: account, announced: nil, limit: 9),
                try connection.uploads.open(of: account, announced: nil, limit: 2),
                try connection.uploads.open(of: account, announced: Sample.digest(0), limit: 9),
                try connection.uploads.open(of: account, announced: Sample.digest(8), limit: 9),
            ].map { list in list.map { upload in uploads.firstIndex(of: upload) } }
        }
        #expect(lists == [[3, 2, 1, 0], [3, 2], [2, 0], []])
        #expect(try await fixture.database.read { try $0.uploads.openIDs() } == Set(uploads.prefix(4).map(\.id)))
    }

    @Test("open uploads count with what they announced, or with what they hold where that is more")
    func totals() async throws {
        let fixture = try await Fixture()
        let (account, other) = (try await fixture.account().id, try await fixture.account().id)
        #expect(try await fixture.database.read { try $0.uploads.openTotals() } == (0, 0))
        let uploads = [
            Sample.upload(of: account, offset: 10), Sample.upload(of: account, offset: 10, length: 100),
            Sample.upload(of: account, offset: 10, length: 10), Sample.upload(of: account, offset: 10, length: 0),
            Sample.upload(of: other, length: 3_000_000_000),
        ]
        let ended = Sample.upload(of: account, offset: 77)
        try await fixture.database.write { connection in
            for upload in uploads + [ended] { try connection.uploads.insert(upload) }
            _ = try connection.uploads.abandon(ended.id, at: .now())
        }
        let totals = try await fixture.database.read { connection in
            (
                try connection.uploads.openTotals(of: account), try connection.uploads.openTotals(of: other),
                try connection.uploads.openTotals(of: Account.ID()), try connection.uploads.openTotals()
            )
        }
        #expect(totals.0 == (4, 130))
        #expect(totals.1 == (1, 3_000_000_000))
        #expect(totals.2 == (0, 0))
        #expect(totals.3 == (5, 3_000_000_130))
    }

    @Test("overdue is what nobody touched, oldest first, and what ends by its length and has it")
    func overdue() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account().id
        let uploads = [
            Sample.upload(of: account, offset: 5, at: 1999), Sample.upload(of: account, offset: 5, at: 2000),
            Sample.upload(of: account, kind: .partial, endsByLength: true, offset: 5, length: 5, at: 1000),
            Sample.upload(of: account, endsByLength: true, offset: 5, length: 5, at: 3000),
            Sample.upload(of: account, kind: .partial, endsByLength: true, offset: 5, length: 5, at: 3000),
            Sample.upload(of: account, endsByLength: true, offset: 4, length: 5, at: 3000),
            Sample.upload(of: account, endsByLength: false, offset: 5, length: 5, at: 3000),
            Sample.upload(of: account, isLive: true, at: 1500), Sample.upload(of: account, isLive: true, at: 2500),
        ]
        let ended = Sample.upload(of: account, at: 1)
        let lists = try await fixture.database.write { connection in
            for upload in uploads + [ended] { try connection.uploads.insert(upload) }
            _ = try connection.uploads.abandon(ended.id, at: Self.time(1))
            return [
                try connection.uploads.overdue(live: false, since: Self.time(2000), limit: 9),
                try connection.uploads.overdue(live: false, since: Self.time(2000), limit: 2),
                try connection.uploads.overdue(live: true, since: Self.time(2000), limit: 9),
                try connection.uploads.overdue(live: true, since: Self.time(0), limit: 9),
            ].map { list in list.map { upload in uploads.firstIndex(of: upload) } }
        }
        #expect(lists == [[2, 0, 3], [2, 0], [7], []])
    }

    @Test("ended uploads are forgotten after a while, open ones never")
    func forget() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account().id
        let uploads = (0..<4).map { Sample.upload(of: account, at: 1000 + Int64($0)) }
        let (count, left) = try await fixture.database.write { connection in
            for upload in uploads { try connection.uploads.insert(upload) }
            let receipt = Receipt(sha256: Sample.digest(1), size: 1)
            _ = try connection.uploads.complete(uploads[1].id, as: Note.ID(), receipt, at: Self.time(2000))
            _ = try connection.uploads.abandon(uploads[2].id, at: Self.time(2000))
            _ = try connection.uploads.abandon(uploads[3].id, at: Self.time(2001))
            return (
                try connection.uploads.forget(endedBefore: Self.time(2001)),
                try uploads.map { try connection.uploads.find($0.id)?.state }
            )
        }
        #expect(count == 2)
        #expect(left == [.open, nil, nil, .gone])
    }

    @Test("uploads go with their account")
    func account() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = Sample.upload(of: account.id)
        try await fixture.database.write { try $0.uploads.insert(upload) }
        try await fixture.database.change("DELETE FROM accounts WHERE id = $1", [.id(account.id)])
        #expect(try await fixture.database.read { try $0.uploads.find(upload.id) } == nil)
    }
}
