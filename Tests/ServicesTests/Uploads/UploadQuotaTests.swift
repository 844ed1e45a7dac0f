import Core
import Persistence
import Testing

@testable import Services

/// How much may be under way at once.
@Suite struct UploadQuotaTests {
    @Test("an account may have so many open uploads, and each that ends makes room")
    func count() async throws {
        let fixture = try await Fixture(uploads: { $0.mostPerAccount = 2 })
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let first = try await fixture.create(of: account)
        let second = try await fixture.create(of: account)
        await expect(.tooManyUploads) { _ = try await fixture.create(of: account) }
        _ = try await fixture.create(of: other)
        try await fixture.uploads.delete(first.id, of: account, stop: {})
        _ = try await fixture.create(of: account)
        await expect(.tooManyUploads) { _ = try await fixture.create(of: account) }
        try await fixture.send([1], at: 0, to: second, isLast: true)
        _ = try await fixture.create(of: account)
    }

    @Test("many that are created at once do not pass the limit together")
    func together() async throws {
        let fixture = try await Fixture(uploads: { $0.mostPerAccount = 5 })
        let account = try await fixture.account()
        let made = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { (try? await fixture.create(of: account)) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(made == 5)
        #expect(try await fixture.uploads.open(of: account, announced: nil).count == 5)
    }

    @Test("announced bytes take their share of what an account, and what all may have")
    func announced() async throws {
        let fixture = try await Fixture(uploads: { ($0.accountBytes, $0.totalBytes) = (1000, 1500) })
        let (account, other) = (try await fixture.account(), try await fixture.account())
        let first = try await fixture.create(of: account, length: 600)
        await expect(.tooManyUploads) { _ = try await fixture.create(of: account, length: 401) }
        let second = try await fixture.create(of: account, length: 400)
        await expect(.storageFull) { _ = try await fixture.create(of: other, length: 501) }
        _ = try await fixture.create(of: other, length: 500)
        for upload in [first, second] { try await fixture.uploads.delete(upload.id, of: account, stop: {}) }
        _ = try await fixture.create(of: account, length: 1000)
    }

    @Test("bytes that nobody announced take their share as they come, however small the pieces are")
    func growing() async throws {
        let fixture = try await Fixture(uploads: { $0.accountBytes = 1000 })
        let account = try await fixture.account()
        let (one, two) = (try await fixture.create(of: account), try await fixture.create(of: account))
        let piece = [UInt8](repeating: 1, count: 400)
        try await fixture.send(piece, at: 0, to: one)
        try await fixture.send(piece, at: 0, to: two)
        await expect(.tooManyUploads) { try await fixture.send(piece, at: 400, to: one) }
        await expect(.tooManyUploads) { try await fixture.send(piece, at: 400, to: two) }
        #expect(try await fixture.resume(one).offset == 400)
        try await fixture.uploads.delete(two.id, of: account, stop: {})
        #expect(try await fixture.send(piece, at: 400, to: one).offset == 800)
    }

    @Test("a later length takes its share")
    func laterLength() async throws {
        let fixture = try await Fixture(uploads: { $0.accountBytes = 1000 })
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        await expect(.tooManyUploads) {
            var piece = Uploads.Piece(offset: 0)
            (piece.length, piece.contentLength) = (1001, 1)
            try await fixture.send(piece, [.bytes([1])], to: upload)
        }
    }

    @Test("what would fill the disk is refused before it begins, where the check is on")
    func disk() async throws {
        let checked = try await Fixture { limits in
            limits.minimumFree = .max / 2
            limits.diskCheck = true
        }
        let account = try await checked.account()
        await expect(.storageFull) { _ = try await checked.create(of: account) }
        await expect(.storageFull) { _ = try await checked.create(of: account, length: 1) }
        let unchecked = try await Fixture { $0.minimumFree = .max / 2 }
        _ = try await unchecked.create(of: try await unchecked.account(), length: 1)
    }
}
