import Core
import Foundation
import Testing

@testable import Blobs

@Suite struct DataFolderTests {
    @Test(
        "a path that climbs, is empty, too long or holds a NUL is refused",
        arguments: ["", "..", "a/..", "../a", "/a/../b", "a/b/..", "a\u{0}b", String(repeating: "a", count: 1025)])
    func refused(path: String) {
        #expect(throws: InvalidValue.self) { try DataFolder(path: path) }
    }

    @Test("a path becomes absolute", arguments: ["a", "a/b", "..a", "a..", "..."])
    func absolute(path: String) throws {
        #expect(try DataFolder(path: path).root == FileManager.default.currentDirectoryPath + "/" + path)
        #expect(try DataFolder(path: "/" + path + "/").root == "/" + path)
    }

    @Test("a blob lives below the first two digits of its digest")
    func blobPath() throws {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let folder = try DataFolder(path: "/data")
        let hash = try #require(SHA256Hash(digest))
        #expect(folder.blob(hash) == "/data/blobs/01/\(digest)")
        #expect(folder.database == "/data/db/voicenote.sqlite")
        #expect(DataFolder.Room.allCases.map(folder.path).allSatisfy { $0.hasPrefix("/data/") })
    }

    /// The folders of the blobs.
    private static let shards = (0...255).map { String(format: "%02x", $0) }

    @Test("preparing makes every room, for this user only, and leaves nothing else; twice is as good as once")
    func prepare() throws {
        let fixture = try Fixture()
        try fixture.folder.prepare()
        let shards = Self.shards.map { fixture.folder.path(.blobs) + "/" + $0 }
        for path in [fixture.folder.root] + DataFolder.Room.allCases.map(fixture.folder.path) + shards {
            #expect(try permissions(path) == 0o700, "\(path)")
        }
        #expect(try fixture.names(.blobs) == Self.shards)
        for room in DataFolder.Room.allCases where room != .blobs { #expect(try fixture.names(room) == []) }
        let rooms = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.root)
        #expect(Set(rooms) == ["blobs", "incoming", "journal", "quarantine", "exports", "temp", "backup", "db"])
    }

    @Test("what is there already is kept")
    func keeps() throws {
        let fixture = try Fixture()
        let path = fixture.folder.path(.db) + "/file"
        try Data([1]).write(to: URL(fileURLWithPath: path))
        try fixture.folder.prepare()
        #expect(try fixture.content(of: path) == [1])
    }

    @Test("folders of blobs that are gone are made again, and the blobs of the others stay")
    func makesMissing() async throws {
        let fixture = try Fixture()
        let path = fixture.folder.blob(try await fixture.store([1, 2, 3]).sha256)
        for shard in Self.shards {
            let folder = fixture.folder.path(.blobs) + "/" + shard
            if !path.hasPrefix(folder + "/") { try FileManager.default.removeItem(atPath: folder) }
        }
        #expect(try fixture.names(.blobs).count == 1)
        try fixture.folder.prepare()
        #expect(try fixture.names(.blobs) == Self.shards)
        #expect(try fixture.content(of: path) == [1, 2, 3])
    }

    @Test("a folder that cannot be made says where and why")
    func unusable() throws {
        let fixture = try Fixture()
        let file = fixture.folder.root + "/file"
        try Data().write(to: URL(fileURLWithPath: file))
        let below = try DataFolder(path: file + "/data")
        #expect { try below.prepare() } throws: { error in
            guard let error = error as? FileError else { return false }
            return error.path.hasPrefix(file) && error.number == ENOTDIR && "\(error)".contains("Not a directory")
        }
        let itself = try DataFolder(path: file)
        #expect(throws: FileError.self) { try itself.prepare() }
    }

    @Test("a room that is a file is not mistaken for a folder", arguments: DataFolder.Room.allCases)
    func roomIsFile(room: DataFolder.Room) throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.folder.path(room))
        try Data().write(to: URL(fileURLWithPath: fixture.folder.path(room)))
        #expect(throws: FileError.self) { try fixture.folder.prepare() }
        #expect(throws: FileError.self) { try fixture.folder.probe(room) }
    }

    @Test("a probe leaves nothing behind and fails where the room is gone")
    func probe() throws {
        let fixture = try Fixture()
        try fixture.folder.probe(.temp)
        #expect(try fixture.names(.temp) == [])
        try FileManager.default.removeItem(atPath: fixture.folder.path(.temp))
        #expect { try fixture.folder.probe(.temp) } throws: { ($0 as? FileError)?.isMissing == true }
    }

    @Test("the disk has some space, and never more free than there is")
    func space() throws {
        let fixture = try Fixture()
        let (free, total) = try fixture.folder.space()
        #expect(free >= 0 && total > 0 && free <= total)
    }
}
