import Blobs
import Core
import Foundation
import NIOCore
import NIOPosix
import Persistence
import Testing

@testable import Services

/// What a start does about what an earlier process was in the middle of.
@Suite struct RecoveryTests {
    private static let bytes = Array("what was said".utf8)

    private static func run(_ fixture: Fixture) async throws -> Recovery.Report {
        let store = LocalStore(folder: fixture.folder, threads: .singleton)
        return try await Recovery(database: fixture.database, store: store, logger: fixture.logger).run()
    }

    /// Makes a blob that has neither a row nor a temporary name.
    private static func orphan(_ bytes: [UInt8], _ fixture: Fixture) async throws -> SHA256Hash {
        var incoming = fixture.store.receive()
        try await incoming.append(ByteBuffer(bytes: bytes))
        let blob = try await fixture.store.commit(&incoming)
        try FileManager.default.removeItem(atPath: blob.incomingPath)
        return blob.sha256
    }

    @Test("in a new folder there is nothing to do, and the report is kept")
    func nothing() async throws {
        let fixture = try await Fixture()
        #expect(try await Recovery.lastReport(fixture.database) == nil)
        let report = try await Self.run(fixture)
        #expect(report == Recovery.Report(at: report.at))
        #expect(try await Recovery.lastReport(fixture.database) == report)
        let next = try await Self.run(fixture)
        #expect(next.at >= report.at)
        #expect(try await Recovery.lastReport(fixture.database) == next)
    }

    @Test("files that nobody goes on with are removed, those of open uploads stay")
    func leftovers() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let open = try await fixture.create(of: account)
        try await fixture.send(Self.bytes, at: 0, to: open)
        // Deleted and complete uploads whose files were about to be removed.
        let deleted = try await fixture.create(of: account)
        try await fixture.uploads.delete(deleted.id, of: account, stop: {})
        try Data([1]).write(to: URL(fileURLWithPath: fixture.folder.incoming(deleted.id)))
        let complete = try await fixture.create(of: account)
        let done = try await fixture.send(Self.bytes, at: 0, to: complete, isLast: true)
        try await eventually { try !fixture.hasFile(complete) }
        let receipt = try #require(done.receipt)
        try FileManager.default.linkItem(
            atPath: fixture.folder.blob(receipt.sha256), toPath: fixture.folder.incoming(complete.id))
        for name in ["/listen.ogg", "/\(open.id)"] {
            try Data([1]).write(to: URL(fileURLWithPath: fixture.folder.path(.temp) + name))
        }
        let report = try await Self.run(fixture)
        #expect(report.removedFiles == 4 && report.removedBlobs == 0 && report.openUploads == 1)
        #expect(try fixture.names(.incoming) == [open.id.description])
        #expect(try fixture.names(.temp) == [])
        #expect(try fixture.content(of: receipt.sha256) == Self.bytes)
        let uploads = fixture.restarted()
        #expect(try await fixture.resume(open, by: uploads).offset == 13)
        #expect(try fixture.bytes(of: open) == Self.bytes)
    }

    @Test("a blob that has its name and no row is undone with its temporary file")
    func orphanWithName() async throws {
        let fixture = try await Fixture()
        var incoming = fixture.store.receive()
        try await incoming.append(ByteBuffer(bytes: Self.bytes))
        _ = try await fixture.store.commit(&incoming)
        let path = fixture.folder.path(.temp) + "/listen.ogg"
        try Data([4, 5]).write(to: URL(fileURLWithPath: path))
        _ = try await fixture.store.adopt(path)
        #expect(try fixture.blobFiles().count == 2)
        let report = try await Self.run(fixture)
        #expect(report.removedFiles == 2 && report.removedBlobs == 2)
        #expect(try fixture.blobFiles().isEmpty)
        #expect(try fixture.names(.incoming) == [] && fixture.names(.temp) == [])
    }

    @Test("the blob of a note stays when its temporary name goes")
    func noteWithName() async throws {
        let fixture = try await Fixture()
        let (_, receipt) = try await fixture.upload(Self.bytes, of: try await fixture.account())
        try await eventually { try fixture.names(.incoming).isEmpty }
        try FileManager.default.linkItem(
            atPath: fixture.folder.blob(receipt.sha256), toPath: fixture.folder.path(.incoming) + "/left")
        let report = try await Self.run(fixture)
        #expect(report.removedFiles == 1 && report.removedBlobs == 0)
        #expect(try fixture.content(of: receipt.sha256) == Self.bytes)
        #expect(try fixture.names(.incoming) == [])
    }

    @Test("removals that were not carried out are, unless the blob is needed again")
    func removals() async throws {
        let fixture = try await Fixture()
        let gone = try await Self.orphan(Self.bytes, fixture)
        let (_, receipt) = try await fixture.upload([1, 2, 3], of: try await fixture.account())
        try await fixture.database.write { connection in
            try connection.blobs.recordVerified(gone, size: 13, store: LocalStore.name, at: .now())
            #expect(try connection.blobs.deleteIfUnreferenced(gone))
            // Forgotten, and stored once more before the removal.
            _ = try connection.execute("INSERT INTO blob_removals (sha256) VALUES ($1)", [.text("\(receipt.sha256)")])
        }
        try await eventually { try fixture.names(.incoming).isEmpty }
        _ = try await Self.run(fixture)
        #expect(try fixture.blobFiles() == [receipt.sha256.description])
        #expect(try await fixture.database.read { try $0.blobs.awaitingRemoval() } == [])
        #expect(try await Self.run(fixture).removedBlobs == 0)
    }

    @Test("a file that no row speaks of is told of and kept: it may be newer than a restored database")
    func orphans() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let (_, receipt) = try await fixture.upload([1, 2, 3], of: account)
        let orphan = try await Self.orphan([4], fixture)
        let stray = fixture.folder.path(.blobs) + "/00/note.txt"
        try Data([1]).write(to: URL(fileURLWithPath: stray))
        let report = try await Self.run(fixture)
        #expect(report.removedBlobs == 0 && report.removedFiles == 0)
        #expect(try fixture.blobFiles() == Set([receipt.sha256, orphan].map(\.description)))
        #expect(FileManager.default.fileExists(atPath: stray))
        let inventory = BlobInventory(database: fixture.database, store: fixture.store)
        #expect(try await inventory.orphans() == [orphan])
        #expect(try await inventory.missing() == [])
        try FileManager.default.removeItem(atPath: fixture.folder.blob(receipt.sha256))
        #expect(try await inventory.missing() == [receipt.sha256])
    }

    @Test("an upload that the database never heard of is set aside: it is newer than a restored database")
    func restored() async throws {
        let fixture = try await Fixture()
        let unknown = Upload.ID()
        try Data(Self.bytes).write(to: URL(fileURLWithPath: fixture.folder.incoming(unknown)))
        #expect(try await Self.run(fixture).removedFiles == 0)
        #expect(try fixture.names(.incoming) == [])
        let kept = "\(fixture.folder.path(.backup))/upload-\(unknown)"
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: kept))) == Self.bytes)
    }

    @Test("what is no file of this program's stays where it is, and keeps nobody from starting")
    func foreign() async throws {
        let fixture = try await Fixture()
        let folder = fixture.folder.path(.incoming) + "/lost+found"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: fixture.folder.path(.blobs) + "/README"))
        #expect(try await Self.run(fixture).removedFiles == 0)
        #expect(FileManager.default.fileExists(atPath: folder))
        #expect(try await BlobInventory(database: fixture.database, store: fixture.store).orphans() == [])
    }

    @Test("interrupted jobs begin again")
    func jobs() async throws {
        let fixture = try await Fixture()
        let (note, _) = try await fixture.upload(Self.bytes, of: try await fixture.account())
        try await fixture.database.write { connection in
            _ = try connection.jobs.claim(
                kinds: [Processing.jobKind], owner: "gone", limit: 1, now: .now(), leaseUntil: .now() + .seconds(900))
        }
        #expect(try await Self.run(fixture).interruptedJobs == 1)
        #expect(try await fixture.job(of: note)?.state == .waiting)
        #expect(try await Self.run(fixture).interruptedJobs == 0)
    }

    @Test("rows without a file are found, page by page")
    func missing() async throws {
        let fixture = try await Fixture()
        let (_, receipt) = try await fixture.upload(Self.bytes, of: try await fixture.account())
        let inventory = BlobInventory(database: fixture.database, store: fixture.store)
        #expect(try await inventory.missing() == [])
        #expect(try await inventory.orphans() == [])
        try fixture.store.deleteFile(receipt.sha256)
        #expect(try await inventory.missing() == [receipt.sha256])
    }
}
