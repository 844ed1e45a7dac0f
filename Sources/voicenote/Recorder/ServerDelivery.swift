import AsyncHTTPClient
import Core
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// What remains to be done on a server once it has all bytes of a recording.
struct ServerDelivery {
    let client: APIClient

    private struct Setup: Decodable { let largestFileBytes: Int64 }
    private struct Patch: Encodable { let text: String }

    /// Bytes of the largest recording that the server takes; nil while it does not answer.
    func largestFile() async -> Int64? {
        guard let answer = try? await client.exchange(.GET, "/api/v1/setup", timeout: .seconds(5)) else { return nil }
        return (try? JSONDecoder().decode(Setup.self, from: answer.data))?.largestFileBytes
    }

    /// Compares the server's receipt with the file, and sets the note's text; the note's id.
    /// - Throws: ``CommandFailure``. Only when this returns, the file is not needed any more.
    func settle(_ created: RecordingSender.Created, _ recording: RecordingOnDisk) async throws -> String {
        let file = try await FileBody(recording.soundPath)
        var hash = SHA256()
        for try await piece in file { piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        guard created.receipt.size == file.size,
            created.receipt.sha256 == Hexadecimal.encode(Array(hash.finalize()))
        else {
            // Going on with that upload would bring the same receipt: the next attempt begins anew.
            try await NIOThreadPool.singleton.runIfActive { try recording.update { $0.upload = nil } }
            throw CommandFailure(
                "The server's receipt is for other bytes than those that were recorded: its note \(created.note.id) is "
                    + "damaged.")
        }
        let text = recording.record.noteText
        if !text.isEmpty {
            let data = try JSONEncoder().encode(Patch(text: text))
            _ = try await client.send(
                .PATCH, "/api/v1/notes/\(created.note.id)", headers: [("Content-Type", "application/json")],
                body: .bytes(ByteBuffer(bytes: data)))
        }
        return created.note.id
    }
}
