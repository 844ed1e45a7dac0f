import Core
import Testing

@testable import Blobs

@Suite struct IncomingFileTests {
    @Test(
        "files about as long as several writes arrive whole, in pieces of any size",
        arguments: [
            256 * 1024 + 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 768 * 1024 - 1, 768 * 1024, 768 * 1024 + 1,
        ], [1000, 65_536, 100_001])
    func lengths(count: Int, pieces: Int) async throws {
        try await check(count, pieces: pieces)
    }

    @Test("files that come byte by byte arrive whole", arguments: [256 * 1024 + 1])
    func byteByByte(count: Int) async throws {
        try await check(count, pieces: 1)
    }

    @Test("files that are written at the same time do not mix")
    func concurrent() async throws {
        let fixture = try Fixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    let bytes = Array(Noise.bytes[number * 1000..<number * 1000 + 600_000])
                    let blob = try await fixture.store(bytes, pieces: 65_536)
                    #expect(blob.sha256 == sha256(bytes))
                    #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == bytes)
                }
            }
            try await group.waitForAll()
        }
    }

    private func check(_ count: Int, pieces: Int) async throws {
        let fixture = try Fixture()
        let bytes = Array(Noise.bytes[..<count])
        let blob = try await fixture.store(bytes, pieces: pieces)
        #expect(blob.sha256 == sha256(bytes))
        #expect(blob.size == Int64(count))
        #expect(try fixture.content(of: fixture.folder.blob(blob.sha256)) == bytes)
    }
}
