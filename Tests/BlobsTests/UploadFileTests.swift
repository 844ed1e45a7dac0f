import Core
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Blobs

extension Fixture {
    /// Receives the bytes in pieces of the size.
    func receive(_ bytes: ArraySlice<UInt8>, into incoming: inout IncomingFile, pieces: Int = 65_536) async throws {
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: pieces) {
            try await incoming.append(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.endIndex)]))
        }
    }

    /// Puts the bytes behind the point on disk, as one request of an upload does.
    func persist(
        _ bytes: ArraySlice<UInt8>, of upload: Upload.ID, from point: UploadPoint, pieces: Int = 65_536
    ) async throws -> UploadPoint {
        var incoming = store.receive(upload, from: point)
        try await receive(bytes, into: &incoming, pieces: pieces)
        return try await store.persist(&incoming, isNew: point.size == 0) { _, done in done(.success(true)) }.point
    }

    /// Puts the bytes behind the point, and makes a blob of the file.
    func complete(_ bytes: ArraySlice<UInt8>, of upload: Upload.ID, from point: UploadPoint) async throws -> StoredBlob
    {
        var incoming = store.receive(upload, from: point)
        try await receive(bytes, into: &incoming)
        return try await store.commit(&incoming)
    }

    /// The store of a process that comes after this one's.
    func restarted() -> LocalStore { LocalStore(folder: folder, threads: .singleton) }

    func bytes(of upload: Upload.ID) throws -> [UInt8] { try content(of: folder.incoming(upload)) }
}

/// What persisting, or going back, does to the file of an upload.
@Suite struct UploadFileTests {
    private static let noise = Noise.bytes
    private struct Refused: Error {}

    @Test(
        "bytes that come in several requests are in the file after each, and one blob in the end",
        arguments: [
            [1], [0, 10], [4096, 4096], [5000, 70_001, 3], [100_000, 1, 300_000], [65_536, 0, 200_000],
            [600_000, 199_999],
        ], [997, 65_536, 800_000])
    func goOn(lengths: [Int], pieces: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        var point = UploadPoint()
        var end = 0
        for length in lengths {
            point = try await fixture.persist(
                Self.noise[end..<end + length], of: id, from: point, pieces: pieces)
            end += length
            #expect(point.size == Int64(end))
            #expect(try fixture.bytes(of: id) == Array(Self.noise[..<end]))
        }
        #expect(try permissions(fixture.folder.incoming(id)) == 0o600)
        let blob = try await fixture.complete([], of: id, from: point)
        #expect(blob.sha256 == sha256(Array(Self.noise[..<end])))
        #expect(blob.size == Int64(end))
        #expect(blob.incomingPath == fixture.folder.incoming(id))
        #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == Array(Self.noise[..<end]))
    }

    @Test("one request may put what came so far on disk several times", arguments: [1, 4095, 70_000])
    func several(step: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        var incoming = fixture.store.receive(id, from: UploadPoint())
        for round in 1...4 {
            try await fixture.receive(Self.noise[(round - 1) * step..<round * step], into: &incoming, pieces: 1000)
            let point = try await fixture.store.persist(&incoming, isNew: round == 1) { _, done in
                done(.success(round))
            }
            #expect(point.value == round && point.point.size == Int64(round * step))
            #expect(try fixture.bytes(of: id) == Array(Self.noise[..<(round * step)]))
        }
        let blob = try await fixture.store.commit(&incoming)
        #expect(blob.sha256 == sha256(Array(Self.noise[..<(4 * step)])))
    }

    @Test("many uploads that are persisted together do not mix")
    func concurrent() async throws {
        let fixture = try Fixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    let id = Upload.ID()
                    let bytes = Self.noise[number * 1000..<number * 1000 + 200_000]
                    let middle = bytes.startIndex + 5000 * number + 1
                    let point = try await fixture.persist(bytes[..<middle], of: id, from: UploadPoint())
                    #expect(try fixture.bytes(of: id) == Array(bytes[..<middle]))
                    let blob = try await fixture.complete(bytes[middle...], of: id, from: point)
                    #expect(blob.sha256 == sha256(Array(bytes)))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "what is given up is cut off, and the next bytes follow what was kept",
        arguments: [0, 1, 4096, 5000, 200_000], [1, 70_000, 600_000])
    func goBack(kept: Int, dropped: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        var point = UploadPoint()
        if kept > 0 { point = try await fixture.persist(Self.noise[..<kept], of: id, from: point) }
        var broken = fixture.store.receive(id, from: point)
        try await fixture.receive(Self.noise[100_000..<100_000 + dropped], into: &broken)
        point = try await fixture.store.abort(&broken, backTo: point)
        #expect(point.size == Int64(kept))
        if kept == 0 {
            #expect(try fixture.names(.incoming) == [])
        } else {
            #expect(try fixture.bytes(of: id) == Array(Self.noise[..<kept]))
        }
        let blob = try await fixture.complete(Self.noise[kept..<kept + dropped], of: id, from: point)
        #expect(blob.sha256 == sha256(Array(Self.noise[..<(kept + dropped)])))
    }

    @Test("to go back from nothing changes nothing", arguments: [0, 5000])
    func goBackFromNothing(kept: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        var point = try await fixture.persist(Self.noise[..<kept], of: id, from: UploadPoint())
        var untouched = fixture.store.receive(id, from: point)
        point = try await fixture.store.abort(&untouched, backTo: point)
        #expect(point.size == Int64(kept))
        #expect(try fixture.bytes(of: id) == Array(Self.noise[..<kept]))
    }

    @Test("when what follows the sync fails, so does the request, and it can be gone back", arguments: [0, 5000])
    func refused(kept: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        var point = UploadPoint()
        if kept > 0 { point = try await fixture.persist(Self.noise[..<kept], of: id, from: point) }
        var incoming = fixture.store.receive(id, from: point)
        try await fixture.receive(Self.noise[100_000..<200_000], into: &incoming)
        do {
            _ = try await fixture.store.persist(&incoming, isNew: kept == 0) { _, done in
                done(Result<Bool, any Error>.failure(Refused()))
            }
            Issue.record("no error")
        } catch {
            #expect(error is Refused)
        }
        point = try await fixture.store.abort(&incoming, backTo: point)
        let blob = try await fixture.complete(Self.noise[kept..<10_000], of: id, from: point)
        #expect(blob.sha256 == sha256(Array(Self.noise[..<10_000])))
        #expect(blob.size == 10_000)
    }

    @Test("a file that became a blob is not cut: the upload goes on with a copy")
    func goBackFromBlob() async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let kept = try await fixture.persist(Self.noise[..<5000], of: id, from: UploadPoint())
        var incoming = fixture.store.receive(id, from: kept)
        try await fixture.receive(Self.noise[5000..<8000], into: &incoming)
        let first = try await fixture.store.commit(&incoming)
        let point = try await fixture.store.abort(&incoming, backTo: kept)
        #expect(point.size == 5000)
        #expect(try fixture.names(.incoming) == [id.description])
        #expect(try fixture.bytes(of: id) == Array(Self.noise[..<5000]))
        #expect(try fixture.content(of: fixture.folder.blob(first.sha256)) == Array(Self.noise[..<8000]))
        // The copy is as good as the file: it goes on, and becomes a blob.
        let longer = try await fixture.persist(Self.noise[5000..<6000], of: id, from: point)
        let second = try await fixture.complete(Self.noise[6000..<9000], of: id, from: longer)
        #expect(second.sha256 == sha256(Array(Self.noise[..<9000])))
        #expect(try fixture.content(of: fixture.folder.blob(first.sha256)) == Array(Self.noise[..<8000]))
    }

    @Test("what is on disk can be read while it grows, and is gone when it is removed")
    func openAndRemove() async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let point = try await fixture.persist(Self.noise[..<5], of: id, from: UploadPoint())
        let file = try await fixture.store.open(id)
        _ = try await fixture.persist(Self.noise[5..<9], of: id, from: point)
        var buffer = [UInt8](repeating: 0, count: 20)
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } == 9)
        #expect(Array(buffer[..<9]) == Array(Self.noise[..<9]))
        try await fixture.store.remove(try #require(try await fixture.store.leftover(of: id)))
        #expect(try fixture.names(.incoming) == [])
        #expect(try await fixture.store.leftover(of: id) == nil)
        await #expect(throws: FileError.self) { _ = try await fixture.store.open(id) }
    }
}
