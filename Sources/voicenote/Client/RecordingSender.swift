import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1

/// Sends one file by a resumable upload: goes on with one that was begun before, and over any number of broken
/// connections as long as each brings something.
struct RecordingSender: Sendable {
    let client: APIClient
    let file: FileBody
    let digest: [UInt8]
    let query: [(String, String)]
    let bar: ProgressBar

    /// Waits between attempts that brought nothing.
    private static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]

    struct Created: Decodable {
        struct Note: Decodable { let id: String }
        struct Receipt: Decodable {
            let sha256: String
            let size: Int64
        }
        let note: Note
        let receipt: Receipt
    }

    private struct List<Item: Decodable>: Decodable { let items: [Item] }
    private struct KnownNote: Decodable { let id: String }
    private struct OpenUpload: Decodable { let id: String }

    /// The note that the server has of the file already.
    func existing() async throws -> String? {
        let data = try await client.send(
            .GET, "/api/v1/notes", query: [("sha256", Hexadecimal.encode(digest)), ("limit", "1")])
        return try JSONDecoder().decode(List<KnownNote>.self, from: data).items.first?.id
    }

    /// Sends what the server lacks of the file.
    /// - Returns: the note, and whether an earlier upload was gone on with.
    func send() async throws -> (note: Created, isResumed: Bool) {
        let begun = try await open()
        var path = begun
        var failures = 0
        var last: Int64 = -1
        while true {
            do {
                if path == nil { path = try await create() }
                if let path, let offset = try await offset(path) {
                    if offset > last { failures = 0 }
                    last = max(last, offset)
                    return (try await append(path, from: offset), begun != nil)
                }
                // It expired, or somebody deleted it.
                path = nil
                throw APIClient.Unreachable(description: "The server forgets the upload that it has just begun.")
            } catch let error as APIClient.Unreachable {
                guard failures < Self.pauses.count else { throw CommandFailure(error.description) }
                bar.say("waiting for the server (\(failures + 1) of \(Self.pauses.count))")
                try await Task.sleep(for: Self.pauses[failures])
                failures += 1
            }
        }
    }

    /// An upload of the same bytes that was not finished.
    private func open() async throws -> String? {
        let data = try await client.send(.GET, "/api/v1/uploads", query: [("sha256", Hexadecimal.encode(digest))])
        return try JSONDecoder().decode(List<OpenUpload>.self, from: data).items.first.map {
            "/api/v1/uploads/\($0.id)"
        }
    }

    private func create() async throws -> String {
        let answer = try await client.exchange(
            .POST, "/api/v1/uploads", query: query,
            headers: [
                ("Content-Type", "application/octet-stream"), ("Upload-Complete", "?0"),
                ("Upload-Length", String(file.size)), ("Repr-Digest", DigestField.text(sha256: digest)),
            ], body: .bytes(ByteBuffer()))
        if let problem = answer.problem { throw CommandFailure(problem) }
        guard let location = answer.headers.first(name: "Location") else {
            throw CommandFailure("The server does not say where the upload is.")
        }
        return location
    }

    /// Where to go on; nil when the upload is gone.
    private func offset(_ path: String) async throws -> Int64? {
        let answer = try await client.exchange(.HEAD, path)
        if answer.status == 404 || answer.status == 410 { return nil }
        guard (200..<300).contains(answer.status),
            let offset = answer.headers.first(name: "Upload-Offset").flatMap(Int64.init)
        else { throw CommandFailure("The server does not say how much it has (\(answer.status)).") }
        return offset
    }

    private func append(_ path: String, from offset: Int64) async throws -> Created {
        bar.set(offset)
        let answer = try await client.exchange(
            .PATCH, path,
            headers: [
                ("Content-Type", "application/partial-upload"), ("Upload-Offset", String(offset)),
                ("Upload-Complete", "?1"),
            ],
            body: .stream(
                file.reading(from: offset) { [bar] in bar.advance(by: $0) }, length: .known(file.size - offset)),
            timeout: .hours(24))
        // Another request was at it at the same time, or the server could not finish now.
        if [408, 409, 500, 502, 503, 504].contains(answer.status) {
            throw APIClient.Unreachable(description: answer.problem ?? "")
        }
        if let problem = answer.problem { throw CommandFailure(problem) }
        return try JSONDecoder().decode(Created.self, from: answer.data)
    }
}
