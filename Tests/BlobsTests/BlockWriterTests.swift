import Foundation
import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Blobs

@Suite struct BlockWriterTests {
    /// On the disk, and in memory, where there may be no way past the page cache.
    static let folders =
        [NSTemporaryDirectory()] + ["/dev/shm"].filter { FileManager.default.isWritableFile(atPath: $0) }
    private static let sizes = [0, 1, 7, 4095, 4096, 4097, 64 * 1024, 300 * 1024]
    private static let noise = ByteBuffer(bytes: Noise.bytes)

    @Test(
        "a file holds the pieces one after the other, whatever their sizes and wherever a write begins",
        arguments: folders, 0..<60)
    func pieces(folder: String, seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let file = try TemporaryFile(in: folder)
        let writer = BlockWriter()
        // The first write decides where the second begins: at the edge of a block or not.
        var pieces = [try Self.piece(of: [0, 1, 4095, 4096, 5000], &generator)]
        var expected: [UInt8] = []
        for _ in 0...Int.random(in: 1...4, using: &generator) {
            try writer.write(pieces, to: file.handle, at: Int64(expected.count))
            for piece in pieces { expected += piece.readableBytesView }
            pieces = try (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                try Self.piece(of: Self.sizes, &generator)
            }
        }
        #expect(try file.content() == expected)
    }

    @Test("one piece of any length is written at any place", arguments: folders, [0, 1, 4095, 4096])
    func lengths(folder: String, position: Int) throws {
        let writer = BlockWriter()
        let wholes = [64 * 1024, 68 * 1024, 256 * 1024, 260 * 1024, 512 * 1024]
        for length in wholes.flatMap({ [$0 - 1, $0, $0 + 1, $0 + 4095] }) {
            let file = try TemporaryFile(in: folder)
            let head = [UInt8](repeating: 9, count: position)
            try writer.write([ByteBuffer(bytes: head)], to: file.handle, at: 0)
            let piece = try #require(Self.noise.getSlice(at: 3, length: length))
            try writer.write([piece], to: file.handle, at: Int64(position))
            #expect(try file.content() == head + Noise.bytes[3..<3 + length], "\(length) bytes")
        }
    }

    @Test(
        "a file that cannot be written to is an error, and the next one is written all the same",
        arguments: [1, 4096, 300 * 1024])
    func unwritable(count: Int) throws {
        let file = try TemporaryFile(in: NSTemporaryDirectory())
        let readOnly = try OpenFile.reading(file.path)
        let writer = BlockWriter()
        let piece = try #require(Self.noise.getSlice(at: 0, length: count))
        #expect { try writer.write([piece], to: readOnly, at: 0) } throws: { ($0 as? FileError)?.number == EBADF }
        #expect(try file.content() == [])
        try writer.write([piece], to: file.handle, at: 0)
        #expect(try file.content() == Array(Noise.bytes[..<count]))
    }

    /// A piece of one of the sizes, which lies anywhere in memory.
    private static func piece(of sizes: [Int], _ generator: inout SeededGenerator) throws -> ByteBuffer {
        let size = sizes.randomElement(using: &generator) ?? 0
        let offset = Int.random(in: 0...noise.readableBytes - size, using: &generator)
        return try #require(noise.getSlice(at: offset, length: size))
    }
}

/// A new file, open to be written to; it goes with this object.
private final class TemporaryFile {
    let path: String
    let handle: OpenFile

    init(in folder: String) throws {
        path = folder + "/voicenote-file-" + UUID().uuidString
        handle = try OpenFile.creating(path)
    }

    deinit { unlink(path) }

    func content() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
