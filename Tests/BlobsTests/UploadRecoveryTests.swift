import Core
import Foundation
import NIOCore
import Testing

@testable import Blobs

/// What a restart makes of the file of an upload.
@Suite struct UploadRecoveryTests {
    private static let noise = Noise.bytes

    private static func describe(_ leftover: LocalStore.Leftover) -> String {
        switch leftover {
        case .point(let point): "point \(point.size)"
        case .linked(let point): "linked \(point.size)"
        case .lost: "lost"
        }
    }

    private static func point(_ leftover: LocalStore.Leftover) throws -> UploadPoint {
        switch leftover {
        case .point(let point), .linked(let point): return point
        case .lost: throw FileError("recover", "", number: ENOENT)
        }
    }

    @Test(
        "a restart keeps what was acknowledged and cuts off what was not",
        arguments: [0, 1, 4096, 5001, 300_000], [0, 1, 4095, 200_000])
    func cut(acknowledged: Int, beyond: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let point = try await fixture.persist(Self.noise[..<acknowledged], of: id, from: UploadPoint())
        // Other bytes than those that will be sent again.
        _ = try await fixture.persist(Self.noise[400_000..<400_000 + beyond], of: id, from: point)
        let found = try await fixture.restarted().recover(id, acknowledged: Int64(acknowledged))
        #expect(Self.describe(found) == "point \(acknowledged)")
        #expect(try fixture.bytes(of: id) == Array(Self.noise[..<acknowledged]))
        let end = acknowledged + 100_000
        let blob = try await fixture.complete(
            Self.noise[acknowledged..<end], of: id, from: try Self.point(found))
        #expect(blob.sha256 == sha256(Array(Self.noise[..<end])))
    }

    @Test(
        "an upload whose acknowledged bytes are not there is lost; one that had none begins",
        arguments: [
            (nil, 0, "point 0"), (nil, 1, "lost"), (0, 0, "point 0"), (0, 1, "lost"), (4, 5, "lost"), (5, 5, "point 5"),
            (6, 5, "point 5"), (6, 0, "point 0"),
        ] as [(Int?, Int64, String)])
    func lost(there: Int?, acknowledged: Int64, outcome: String) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        if let there { try Data(Self.noise[..<there]).write(to: URL(fileURLWithPath: fixture.folder.incoming(id))) }
        let found = try await fixture.store.recover(id, acknowledged: acknowledged)
        #expect(Self.describe(found) == outcome)
        if outcome == "lost" {
            #expect(try fixture.names(.incoming) == (there == nil ? [] : [id.description]), "nothing is touched")
        } else {
            let blob = try await fixture.complete(
                Self.noise[Int(acknowledged)..<10], of: id, from: try Self.point(found))
            #expect(blob.sha256 == sha256(Array(Self.noise[..<10])))
        }
    }

    @Test("a link in place of the file is not followed")
    func symbolicLink() async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let target = fixture.folder.root + "/target"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: target))
        try FileManager.default.createSymbolicLink(atPath: fixture.folder.incoming(id), withDestinationPath: target)
        await #expect(throws: FileError.self) { _ = try await fixture.store.recover(id, acknowledged: 1) }
        #expect(try fixture.content(of: target) == [1, 2, 3])
    }

    @Test("an upload that has its blob's name already has all its bytes", arguments: [0, 3, 200_000])
    func linked(acknowledged: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let point = try await fixture.persist(Self.noise[..<acknowledged], of: id, from: UploadPoint())
        let blob = try await fixture.complete(Self.noise[acknowledged..<300_000], of: id, from: point)
        let found = try await fixture.restarted().recover(id, acknowledged: Int64(acknowledged))
        #expect(Self.describe(found) == "linked 300000")
        let again = try await fixture.complete([], of: id, from: try Self.point(found))
        #expect(again == blob)
        #expect(try fixture.blobs().count == 1)
        #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == Array(Self.noise[..<300_000]))
    }

    @Test(
        "a file with another name that is not its blob's is never written to: the upload goes on with a copy",
        arguments: [0, 4, 10])
    func twoNames(acknowledged: Int) async throws {
        let fixture = try Fixture()
        let id = Upload.ID()
        let path = fixture.folder.incoming(id)
        let bytes = Array(Self.noise[..<10])
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        // As after a power cut that kept the name and lost the end of the bytes.
        let other = fixture.folder.blob(sha256(Array(Self.noise[..<20])))
        #expect(try Files.link(path, to: other))
        let found = try await fixture.store.recover(id, acknowledged: Int64(acknowledged))
        #expect(Self.describe(found) == "point \(acknowledged)")
        #expect(try fixture.names(.incoming) == [id.description])
        #expect(try fixture.bytes(of: id) == Array(bytes[..<acknowledged]))
        let longer = try await fixture.persist(
            Self.noise[acknowledged..<50], of: id, from: try Self.point(found))
        #expect(try fixture.content(of: other) == bytes)
        let blob = try await fixture.complete(Self.noise[50..<100], of: id, from: longer)
        #expect(blob.sha256 == sha256(Array(Self.noise[..<100])))
        #expect(try fixture.content(of: other) == bytes)
    }

    @Test("the file that has the blob's name is another one: then the upload has no blob yet")
    func sameContent() async throws {
        let fixture = try Fixture()
        let stored = try await fixture.store(Array(Self.noise[..<10]))
        fixture.store.discard(stored.incomingPath)
        let id = Upload.ID()
        let path = fixture.folder.incoming(id)
        try Data(Self.noise[..<10]).write(to: URL(fileURLWithPath: path))
        #expect(try Files.link(path, to: path + ".repair"))
        let found = try await fixture.store.recover(id, acknowledged: 7)
        #expect(Self.describe(found) == "point 7")
        #expect(try fixture.bytes(of: id) == Array(Self.noise[..<7]))
        #expect(try fixture.content(of: path + ".repair") == Array(Self.noise[..<10]))
    }
}
