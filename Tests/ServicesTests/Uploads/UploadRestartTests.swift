import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

/// Uploads go on rightly whatever was forgotten in between.
@Suite struct UploadRestartTests {
    private static let bytes = Array("what was said".utf8)

    @Test("a restart keeps what was acknowledged, and cuts off what was not", arguments: [0, 1, 12, 13])
    func restart(acknowledged: Int) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        try await fixture.send(Array(Self.bytes[..<acknowledged]), at: 0, to: upload)
        // What was synced, or not even that, when the process died.
        let path = fixture.folder.incoming(upload.id)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("noise".utf8))
        try file.close()
        let uploads = fixture.restarted()
        #expect(try await fixture.resume(upload, by: uploads).offset == Int64(acknowledged))
        #expect(try fixture.bytes(of: upload) == Array(Self.bytes[..<acknowledged]))
        let done = try await fixture.send(
            Array(Self.bytes[acknowledged...]), at: Int64(acknowledged), to: upload, isLast: true, by: uploads)
        #expect(try fixture.content(of: try #require(done.receipt).sha256) == Self.bytes)
    }

    @Test("an upload whose acknowledged bytes are gone ends, instead of beginning again unnoticed")
    func lost() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        try await fixture.send(Self.bytes, at: 0, to: upload)
        try Data(Self.bytes.dropLast()).write(to: URL(fileURLWithPath: fixture.folder.incoming(upload.id)))
        await expectRefusal(.gone) { _ = try await fixture.resume(upload, by: fixture.restarted()) }
        #expect(try await fixture.row(upload)?.state == .gone)
        #expect(try fixture.names(.incoming) == [])
    }

    @Test("more uploads at once than files are kept open, and all are right")
    func manyOpen() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var uploads: [Upload] = []
        for _ in 0..<12 { uploads.append(try await fixture.create(of: account)) }
        for round in 0..<5 {
            for (number, upload) in uploads.enumerated() {
                try await fixture.send([UInt8(number), UInt8(round)], at: Int64(round * 2), to: upload)
            }
        }
        for (number, upload) in uploads.enumerated() {
            let done = try await fixture.send([], at: 10, to: upload, isLast: true)
            let wanted = (0..<5).flatMap { [UInt8(number), UInt8($0)] }
            #expect(try fixture.content(of: try #require(done.receipt).sha256) == wanted)
        }
    }

    @Test("a long request is put on disk on the way", .timeLimit(.minutes(2)))
    func long() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let upload = try await fixture.create(of: account)
        let megabyte = [UInt8](repeating: 7, count: 1 << 20)
        var steps = [Script.Step](repeating: .bytes(megabyte), count: 33)
        steps.append(
            .run {
                let offset = try await fixture.row(upload)?.offset
                #expect(offset.map { $0 > 0 } == true)
            })
        steps.append(.fail)
        let script = steps
        await #expect(throws: BrokenBody.self) {
            try await fixture.send(Uploads.Piece(offset: 0), script, to: upload)
        }
        #expect(try await fixture.resume(upload).offset == 33 << 20)
        var piece = Uploads.Piece(offset: 33 << 20)
        piece.isLast = true
        let done = try await fixture.send(piece, [.bytes([1])], to: upload)
        #expect(done.receipt?.size == Int64(34_603_009))
        #expect(
            try await fixture.restarted().find(upload.id, of: account).receipt == done.receipt)
    }
}
