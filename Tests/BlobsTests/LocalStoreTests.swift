import Core
import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Blobs

@Suite struct LocalStoreTests {
    @Test(
        "received bytes become a file at the path of their digest, readable by this user only",
        arguments: [0, 1, 255_999, 256 * 1024, 700_001])
    func commit(count: Int) async throws {
        let fixture = try Fixture()
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let blob = try await fixture.store(bytes)
        #expect(blob.sha256 == sha256(bytes))
        #expect(blob.size == Int64(count))
        let path = fixture.folder.blob(blob.sha256)
        #expect(try fixture.content(of: path) == bytes)
        #expect(try permissions(path) == 0o600)
        let shard = (path as NSString).deletingLastPathComponent
        #expect(try permissions(shard) == 0o700)
        #expect(try permissions((shard as NSString).deletingLastPathComponent) == 0o700)
        #expect(fixture.store.isPresent(blob.sha256))
    }

    @Test("pieces of any size make the same blob")
    func pieces() async throws {
        let fixture = try Fixture()
        var generator = SeededGenerator(seed: 8)
        let bytes = (0..<600_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for size in [997, 65_536, 262_144, 600_000] {
            #expect(try await fixture.store(bytes, pieces: size).sha256 == sha256(bytes))
        }
        #expect(try fixture.blobs().count == 1)
    }

    @Test("the same content twice is one file, and the first one stays in place")
    func same() async throws {
        let fixture = try Fixture()
        let first = try await fixture.store([1, 2, 3])
        let path = fixture.folder.blob(first.sha256)
        let inode = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        let second = try await fixture.store([1, 2, 3])
        #expect(second.sha256 == first.sha256)
        #expect(second.incomingPath != first.incomingPath)
        #expect(try fixture.blobs().count == 1)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int == inode)
    }

    @Test(
        "a damaged blob is repaired by the next upload of its content",
        arguments: [[], [9, 9, 9], [1, 2], [1, 2, 3, 4]] as [[UInt8]])
    func repair(damage: [UInt8]) async throws {
        let fixture = try Fixture()
        let first = try await fixture.store([1, 2, 3])
        let path = fixture.folder.blob(first.sha256)
        // The temporary name shares the file: it goes first, or it would be damaged too.
        fixture.store.discard(first.incomingPath)
        try await fixture.untilEmpty(.incoming)
        try Data(damage).write(to: URL(fileURLWithPath: path))
        let second = try await fixture.store([1, 2, 3])
        fixture.store.discard(second.incomingPath)
        #expect(try fixture.content(of: path) == [1, 2, 3])
        try await fixture.untilEmpty(.incoming)
        #expect(try permissions(path) == 0o600)
    }

    @Test("the temporary name stays until it is discarded, and the blob stays then")
    func discard() async throws {
        let fixture = try Fixture()
        let blob = try await fixture.store([1])
        #expect(try fixture.names(.incoming).count == 1)
        fixture.store.discard(blob.incomingPath)
        try await fixture.untilEmpty(.incoming)
        #expect(fixture.store.isPresent(blob.sha256))
        fixture.store.discard(blob.incomingPath)
    }

    @Test("an upload that is given up leaves nothing")
    func giveUp() async throws {
        let fixture = try Fixture()
        var incoming = fixture.store.receive()
        try await incoming.append(ByteBuffer(repeating: 7, count: 1_000_000))
        try await incoming.endWrite()
        #expect(try permissions(incoming.path) == 0o600)
        await fixture.store.abort(&incoming)
        try await fixture.untilEmpty(.incoming)
        #expect(try fixture.blobs() == [])
    }

    @Test("a deleted blob is restored from its temporary file")
    func restore() async throws {
        let fixture = try Fixture()
        let blob = try await fixture.store([4, 5, 6])
        try fixture.store.deleteFile(blob.sha256)
        #expect(!fixture.store.isPresent(blob.sha256))
        try await fixture.store.restore(blob)
        #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == [4, 5, 6])
        try fixture.store.deleteFile(blob.sha256)
        try fixture.store.deleteFile(blob.sha256)
    }

    @Test("a file of another process is adopted with its digest and size")
    func adopt() async throws {
        let fixture = try Fixture()
        let bytes = [UInt8](repeating: 3, count: 2_500_000)
        let path = fixture.folder.path(.temp) + "/listen.ogg"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let blob = try await fixture.store.adopt(path)
        #expect(blob.sha256 == sha256(bytes))
        #expect(blob.size == 2_500_000)
        #expect(blob.incomingPath == path)
        #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == bytes)
        fixture.store.discard(path)
        try await fixture.untilEmpty(.temp)
    }

    @Test("a symbolic link is not adopted, nor one in place of a blob read")
    func links() async throws {
        let fixture = try Fixture()
        let path = fixture.folder.path(.temp) + "/link"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/etc/passwd")
        await #expect(throws: FileError.self) { _ = try await fixture.store.adopt(path) }
        let blob = try await fixture.store([1])
        let place = fixture.folder.blob(blob.sha256)
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "/etc/passwd")
        await #expect(throws: FileError.self) { _ = try await fixture.store.open(blob.sha256) }
    }

    @Test("many uploads at once are all stored, each under its own digest")
    func concurrent() async throws {
        let fixture = try Fixture()
        let contents = (0..<300).map { number in Array("content \(number % 100)".utf8) }
        try await withThrowingTaskGroup(of: (StoredBlob, [UInt8]).self) { group in
            for content in contents { group.addTask { (try await fixture.store(content), content) } }
            for try await (blob, content) in group {
                #expect(blob.sha256 == sha256(content))
                #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == content)
                fixture.store.discard(blob.incomingPath)
            }
        }
        #expect(try fixture.blobs().count == 100)
        try await fixture.untilEmpty(.incoming)
    }

    @Test("a folder of blobs that somebody tidied away is made again by the next upload")
    func tidiedAway() async throws {
        let fixture = try Fixture()
        let bytes = Array("tidied away".utf8)
        let path = fixture.folder.blob(sha256(bytes))
        let shard = (path as NSString).deletingLastPathComponent
        for _ in 0..<2 {
            try FileManager.default.removeItem(atPath: shard)
            let blob = try await fixture.store(bytes)
            #expect(blob.sha256 == sha256(bytes))
            #expect(try permissions(shard) == 0o700)
            #expect(try fixture.content(of: path) == bytes)
            fixture.store.discard(blob.incomingPath)
        }
        try await fixture.untilEmpty(.incoming)
        #expect(try fixture.content(of: path) == bytes)
    }

    @Test("one upload that cannot be stored fails alone")
    func oneFails() async throws {
        let fixture = try Fixture()
        let bad = Array("bad".utf8)
        // A file stands where the folder of its shard must be.
        let digest = sha256(bad).description
        let shard = "\(fixture.folder.path(.blobs))/\(digest.prefix(2))"
        try FileManager.default.removeItem(atPath: shard)
        try Data().write(to: URL(fileURLWithPath: shard))
        let contents =
            [bad]
            + (0..<40).map { Array("good \($0)".utf8) }
            .filter { !sha256($0).description.hasPrefix(digest.prefix(2)) }
        let stored = await withTaskGroup(of: Bool.self) { group in
            for content in contents {
                group.addTask { (try? await fixture.store(content)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(stored == contents.count - 1)
        #expect(!fixture.store.isPresent(sha256(bad)))
    }

    @Test("an upload that races with the deletion of its content is stored or restored, never refused")
    func racingDeletion() async throws {
        let fixture = try Fixture()
        let bytes = Array("contended".utf8)
        let digest = sha256(bytes)
        let deleting = Task {
            while !Task.isCancelled {
                for _ in 0..<100 { try fixture.store.deleteFile(digest) }
                await Task.yield()
            }
        }
        for _ in 0..<60 {
            try await withThrowingTaskGroup(of: StoredBlob.self) { group in
                for _ in 0..<8 { group.addTask { try await fixture.store(bytes) } }
                for try await blob in group { fixture.store.discard(blob.incomingPath) }
            }
        }
        deleting.cancel()
        try await deleting.value
    }

    @Test("a blob is read at any offset, and ends where it ends")
    func read() async throws {
        let fixture = try Fixture()
        let blob = try await fixture.store([10, 20, 30, 40])
        let file = try await fixture.store.open(blob.sha256)
        var buffer = [UInt8](repeating: 0, count: 3)
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 2) } == 2)
        #expect(buffer == [30, 40, 0])
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 4) } == 0)
        #expect(try file.status().size == 4)
    }

    @Test(
        "the errors that mean a full disk are told from others",
        arguments: [
            (ENOSPC, true, false), (EDQUOT, true, false), (EFBIG, true, false), (ENOENT, false, true),
            (EIO, false, false),
        ])
    func errors(number: Int32, isFull: Bool, isMissing: Bool) {
        let error = FileError("write", "/file", number: number)
        #expect(error.isFull == isFull)
        #expect(error.isMissing == isMissing)
        #expect("\(error)".hasPrefix("write /file: "))
    }
}
