import Core
import Foundation
import NIOCore
import Testing

@testable import Blobs

/// What a start finds in the folder.
@Suite struct LeftoverTests {
    @Test("nothing is left over in a new folder, nor of what was completed and discarded")
    func none() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.store.leftovers().files.isEmpty)
        let blob = try await fixture.store([1, 2, 3])
        fixture.store.discard(blob.incomingPath)
        try await fixture.untilEmpty(.incoming)
        #expect(try await fixture.store.leftovers().files.isEmpty)
    }

    @Test("temporary files are told apart from those of uploads")
    func apart() async throws {
        let fixture = try Fixture()
        let (open, gone) = (Upload.ID(), Upload.ID())
        for id in [open, gone] { _ = try await fixture.persist([1, 2, 3], of: id, from: UploadPoint()) }
        for path in ["\(fixture.folder.incoming(open)).copy", fixture.folder.path(.temp) + "/listen"] {
            try Data([1]).write(to: URL(fileURLWithPath: path))
        }
        // The name of an upload means nothing in another room.
        try Data([1]).write(to: URL(fileURLWithPath: "\(fixture.folder.path(.temp))/\(open)"))
        let found = try await fixture.store.leftovers()
        let leftovers = found.files
        #expect(Set(found.uploads) == [open, gone] && found.strange.isEmpty)
        #expect(
            Set(leftovers.map(\.path)) == [
                "\(fixture.folder.incoming(open)).copy",
                fixture.folder.path(.temp) + "/listen", "\(fixture.folder.path(.temp))/\(open)",
            ])
        #expect(leftovers.allSatisfy { $0.blob == nil })
        for leftover in leftovers { try await fixture.store.remove(leftover) }
        #expect(Set(try fixture.names(.incoming)) == [open.description, gone.description])
        #expect(try fixture.names(.temp) == [])
        #expect(try fixture.bytes(of: open) == [1, 2, 3])
    }

    @Test("a temporary file that was about to become a blob is told with it, whichever room it is in")
    func linked() async throws {
        let fixture = try Fixture()
        let received = try await fixture.store([1, 2, 3])
        let path = fixture.folder.path(.temp) + "/listen.ogg"
        try Data([4, 5]).write(to: URL(fileURLWithPath: path))
        let adopted = try await fixture.store.adopt(path)
        let leftovers = try await fixture.store.leftovers().files
        let found = Dictionary(uniqueKeysWithValues: leftovers.map { ($0.path, $0.blob) })
        #expect(found == [received.incomingPath: received.sha256, path: adopted.sha256])
        for leftover in leftovers { try await fixture.store.remove(leftover) }
        #expect(fixture.store.isPresent(received.sha256) && fixture.store.isPresent(adopted.sha256))
    }

    @Test("what cannot be looked at is told of and stays")
    func strange() async throws {
        let fixture = try Fixture()
        let (link, pipe) = (fixture.folder.path(.temp) + "/link", fixture.folder.path(.incoming) + "/pipe")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/etc/passwd")
        #expect(mkfifo(pipe, 0o600) == 0)
        let found = try await fixture.store.leftovers()
        #expect(found.files.isEmpty && found.uploads.isEmpty && found.strange.count == 1)
        #expect(try fixture.names(.incoming) == ["pipe"] && fixture.names(.temp) == ["link"])
    }

    @Test("the file of an upload that ends is told with the blob that it was about to become")
    func ofUpload() async throws {
        let fixture = try Fixture()
        let (plain, linked) = (Upload.ID(), Upload.ID())
        #expect(try await fixture.store.leftover(of: plain) == nil)
        _ = try await fixture.persist([1], of: plain, from: UploadPoint())
        let blob = try await fixture.complete([2], of: linked, from: UploadPoint())
        #expect(try await fixture.store.leftover(of: plain)?.path == fixture.folder.incoming(plain))
        #expect(try await fixture.store.leftover(of: plain)?.blob == nil)
        #expect(try await fixture.store.leftover(of: linked)?.blob == blob.sha256)
    }

    @Test("open uploads whose file has a second name are found, and no others")
    func linkedUploads() async throws {
        let fixture = try Fixture()
        let (plain, linked, gone, absent) = (Upload.ID(), Upload.ID(), Upload.ID(), Upload.ID())
        _ = try await fixture.persist([1], of: plain, from: UploadPoint())
        _ = try await fixture.complete([2], of: linked, from: UploadPoint())
        _ = try await fixture.complete([3], of: gone, from: UploadPoint())
        _ = try await fixture.store([4])
        #expect(try await fixture.store.linked(among: [plain, linked, absent]) == [linked])
        #expect(try await fixture.store.linked(among: []) == [])
    }

    @Test("every blob is found in its folder, and what is no blob is passed over")
    func folders() async throws {
        let fixture = try Fixture()
        var stored: Set<SHA256Hash> = []
        for number in 0..<20 as Range<UInt8> { stored.insert(try await fixture.store([number]).sha256) }
        try Data([1]).write(to: URL(fileURLWithPath: fixture.folder.path(.blobs) + "/00/note.txt"))
        var (found, folders): ([SHA256Hash], Int) = ([], 0)
        try await fixture.store.eachFolder { blobs in
            found += blobs
            folders += 1
        }
        #expect(folders == 256)
        #expect(found.count == 20 && Set(found) == stored)
    }

    @Test("an error of who looks at a folder ends the looking")
    func folderError() async throws {
        struct Enough: Error {}
        let fixture = try Fixture()
        await #expect(throws: Enough.self) { try await fixture.store.eachFolder { _ in throw Enough() } }
    }

    @Test("the blobs without a file are missing, in the order of the question")
    func missing() async throws {
        let fixture = try Fixture()
        let there = try await fixture.store([1]).sha256
        let (one, two) = (sha256([2]), sha256([3]))
        #expect(try await fixture.store.missing(of: []) == [])
        #expect(try await fixture.store.missing(of: [there]) == [])
        #expect(try await fixture.store.missing(of: [two, there, one]) == [two, one])
    }
}
