import Core
import Crypto
import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Blobs

/// A data folder of its own with a store in it, which goes when the test ends.
final class Fixture: Sendable {
    let folder: DataFolder
    let store: LocalStore

    init() throws {
        folder = try DataFolder(path: NSTemporaryDirectory() + "voicenote-blobs-" + UUID().uuidString + "/data")
        try folder.prepare()
        store = LocalStore(folder: folder, threads: .singleton)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: (folder.root as NSString).deletingLastPathComponent)
    }

    /// Receives the bytes in pieces of the size and makes a blob of them.
    func store(_ bytes: [UInt8], pieces: Int = 1000) async throws -> StoredBlob {
        var incoming = store.receive()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try await incoming.append(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)]))
        }
        return try await store.commit(&incoming)
    }

    func names(_ room: DataFolder.Room) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path(room)).sorted()
    }

    /// Temporary files are discarded by and by.
    func untilEmpty(_ room: DataFolder.Room) async throws {
        for _ in 0..<500 {
            if try names(room).isEmpty { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("\(try names(room)) stay in \(room)")
    }

    /// Every blob's file.
    func blobs() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path(.blobs)).filter { $0.count > 60 }
    }

    func content(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// Bytes in which no place looks like another, the same ones in every run.
enum Noise {
    static let bytes: [UInt8] = {
        var generator = SeededGenerator(seed: 1)
        return (0..<800_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }()
}

func sha256(_ bytes: [UInt8]) -> SHA256Hash {
    guard let hash = SHA256Hash(bytes: SHA256.hash(data: bytes)) else { preconditionFailure("SHA-256 has 32 bytes") }
    return hash
}

func permissions(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
}
