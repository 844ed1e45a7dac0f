import Core
import Hummingbird
import Logging
import NIOCore
import Services

/// Sends a ZIP archive in constant memory: one file after the other, each opened when its turn comes.
struct ArchiveStream: Sendable {
    let entries: [ArchiveEntry]
    let account: Account.ID
    let playback: Playback
    let logger: Logger
    /// Bytes that are read and sent at a time.
    private static let chunk: Int64 = 64 * 1024

    /// A file is not the one that the archive announces any more.
    private struct ContentChanged: Error {}

    var body: ResponseBody {
        let zip = ZipWriter(
            entries.map { ZipFile(name: $0.fileName, size: $0.blob.size, modifiedAt: $0.recordedAt) })
        return ResponseBody(contentLength: Int(zip.contentLength)) { writer in
            var zip = zip
            for entry in entries { try await send(entry, &zip, to: &writer) }
            try await writer.write(ByteBuffer(bytes: zip.finish()))
            try await writer.finish(nil)
        }
    }

    private func send(
        _ entry: ArchiveEntry, _ zip: inout ZipWriter, to writer: inout any ResponseBodyWriter
    ) async throws {
        let audio = try await loggingFailure(of: entry) { try await open(entry) }
        try await writer.write(ByteBuffer(bytes: zip.begin()))
        var offset: Int64 = 0
        while offset < entry.blob.size {
            let position = offset
            let bytes = try await loggingFailure(of: entry) { try await read(audio, of: entry, at: position) }
            try bytes.withUnsafeReadableBytes { try zip.add($0) }
            offset += Int64(bytes.readableBytes)
            try await writer.write(bytes)
        }
        try await writer.write(ByteBuffer(bytes: zip.end()))
    }

    /// The only place that knows where the bytes come from.
    private func open(_ entry: ArchiveEntry) async throws -> Playback.Audio {
        let audio = try await playback.audio(entry.note, entry.choice, of: account)
        guard audio.entityTag == entry.blob.sha256.description else { throw ContentChanged() }
        return audio
    }

    private func read(_ audio: Playback.Audio, of entry: ArchiveEntry, at offset: Int64) async throws -> ByteBuffer {
        let wanted = Int(min(Self.chunk, entry.blob.size - offset))
        let bytes = try await playback.read(audio, at: offset, count: wanted)
        guard bytes.readableBytes > 0 else { throw ContentChanged() }
        return bytes
    }

    /// The length was promised, so what fails here breaks the connection: nobody takes the rest for an archive, and nobody
    /// is told why but the log.
    private func loggingFailure<Value: Sendable>(
        of entry: ArchiveEntry, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            logger.warning("an archive broke off", metadata: ["note": "\(entry.note)", "error": "\(error)"])
            throw error
        }
    }
}
