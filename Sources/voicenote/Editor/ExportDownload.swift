import AsyncHTTPClient
import Blobs
import Core
import Crypto
import NIOCore
import NIOHTTP1
import NIOPosix

/// Fetches a file from the server into a pending one, goes on where a broken connection ended, and checks every byte
/// by the digest that the server states.
struct ExportDownload: Sendable {
    let client: APIClient
    let path: String
    let size: Int64
    /// 64 hexadecimal digits.
    let sha256: String
    let file: PendingFile
    let bar: ProgressBar

    /// Waits between attempts that brought nothing.
    private static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]

    /// What has come so far.
    private struct Received {
        var offset: Int64 = 0
        var hash = SHA256()
        /// Of the answer that began it: what comes later has to be of the same bytes.
        var etag: String?
    }

    /// Fills the pending file; ``PendingFile/commit()`` is the caller's.
    func run() async throws {
        do {
            let temporary = file.temporary
            let output = try await NIOThreadPool.singleton.runIfActive { try OpenFile.creating(temporary) }
            try await fill(output)
        } catch let error as FileError {
            throw CommandFailure("\(file.path) cannot be written: \(error.reason).")
        }
    }

    private func fill(_ output: OpenFile) async throws {
        var received = Received()
        var failures = 0
        while received.offset < size {
            let before = received.offset
            do {
                try await receive(&received, output)
            } catch let error as APIClient.Unreachable {
                try Task.checkCancellation()
                if received.offset > before { failures = 0 }
                guard failures < Self.pauses.count else { throw CommandFailure(error.description) }
                bar.say("waiting for the server (\(failures + 1) of \(Self.pauses.count))")
                try await Task.sleep(for: Self.pauses[failures])
                failures += 1
            }
        }
        guard Hexadecimal.encode(received.hash.finalize()) == sha256.lowercased() else {
            throw CommandFailure("What arrived is not what the server made; it was damaged on the way. Try again.")
        }
    }

    /// Takes what one answer brings.
    private func receive(_ received: inout Received, _ output: OpenFile) async throws {
        var headers: [(String, String)] = []
        if received.offset > 0, let etag = received.etag {
            headers = [("Range", "bytes=\(received.offset)-"), ("If-Range", etag)]
        }
        let response = try await client.open(.GET, path, query: [("download", "1")], headers: headers)
        try await check(response, &received)
        bar.set(received.offset)
        do {
            for try await part in response.body {
                try Task.checkCancellation()
                guard received.offset + Int64(part.readableBytes) <= size else {
                    throw CommandFailure("The server sends more than it said. Call this again.")
                }
                try await write(part, at: received.offset, output)
                part.withUnsafeReadableBytes { received.hash.update(bufferPointer: $0) }
                received.offset += Int64(part.readableBytes)
                bar.advance(by: part.readableBytes)
            }
        } catch let error where error is CommandFailure || error is FileError || error is CancellationError {
            throw error
        } catch {
            throw APIClient.Unreachable(description: "The connection to the server broke: \(error)")
        }
        if received.offset < size {
            throw APIClient.Unreachable(description: "The server ended the connection too early.")
        }
    }

    /// Decides whether the answer goes on where the last one ended, or begins anew.
    private func check(_ response: HTTPClientResponse, _ received: inout Received) async throws {
        switch response.status.code {
        case 200:
            received = Received(etag: response.headers.first(name: "ETag"))
        case 206:
            let range = response.headers.first(name: "Content-Range") ?? ""
            guard received.offset > 0, range.hasPrefix("bytes \(received.offset)-") else {
                throw CommandFailure("The server sends another part than was asked for (\(range)). Call this again.")
            }
        case 500...:
            throw APIClient.Unreachable(description: "The server answers \(response.status.code).")
        default:
            throw CommandFailure("The server does not give the export (\(response.status.code)). Call this again.")
        }
    }

    private func write(_ part: ByteBuffer, at offset: Int64, _ output: OpenFile) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            try part.withUnsafeReadableBytes { try output.write($0, at: offset) }
        }
    }
}
