import Blobs
import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Services

/// Answers with a blob: conditions, ranges, caching, and the bytes in constant memory (RFC 9110, sections 13 to 15;
/// RFC 9111).
struct BlobResponse: Sendable {
    let playback: Playback
    /// Bytes that are read and sent at a time. Two are in memory for each client.
    private static let chunk = 64 * 1024
    /// Thirty days, and never asked for again: the content behind a digest cannot change.
    private static let caching = "private, max-age=2592000, immutable"

    private static func caching(of audio: Playback.Audio) -> String {
        if audio.isGrowing { return "no-store" }
        // Its tag tells whether it is still the same.
        if case .rendered = audio.source { return "private, no-cache" }
        return caching
    }

    func response(to request: Request, _ audio: Playback.Audio, isDownload: Bool) async throws -> Response {
        let method = request.method.rawValue
        guard let etag = ETag(audio.entityTag) else { preconditionFailure("digests and ids are legal entity tags") }
        let modified = HTTPDate(clampingSeconds: audio.modified.milliseconds / 1000)
        var headers: HTTPFields = [
            .eTag: etag.text, .lastModified: modified.text, .cacheControl: Self.caching(of: audio),
            .acceptRanges: "bytes",
            .vary: "Authorization, Cookie",
            .contentDisposition: isDownload
                ? ContentDisposition.attachment(fileName: audio.fileName)
                : ContentDisposition.inline(fileName: audio.fileName),
        ]
        switch preconditions(request).evaluate(method: method, etag: etag, lastModified: modified) {
        case .notModified: return Response(status: .notModified, headers: headers)
        case .preconditionFailed:
            throw VoiceNoteError(.versionMismatch, "The audio is another one than the request expects.")
        case .proceed: break
        }
        if case .elsewhere(let url) = audio.source, request.method != .head { return Self.redirect(to: url) }
        headers[.contentType] = audio.mimeType
        let resolution = ByteRangeResolution.decide(
            method: method, range: request.headers[.range], ifRange: request.headers[.ifRange], size: audio.size,
            etag: etag, lastModified: modified, lastModifiedIsStrong: true)
        if request.method == .head {
            headers[.contentLength] = String(audio.size)
            return Response(status: .ok, headers: headers)
        }
        return try await response(resolution, audio, headers)
    }

    /// The URL lives longer than anybody may remember this answer.
    private static func redirect(to url: StoreURLs.SignedURL) -> Response {
        let age = max(0, Int(url.remaining.seconds) - 60)
        return Response(
            status: .found,
            headers: [
                .location: url.url, .cacheControl: "private, max-age=\(age)", .vary: "Authorization, Cookie",
            ])
    }

    private func preconditions(_ request: Request) -> Preconditions {
        func joined(_ name: HTTPField.Name) -> String? {
            let values = request.headers[values: name]
            return values.isEmpty ? nil : values.joined(separator: ", ")
        }
        return Preconditions(
            ifMatch: joined(.ifMatch), ifNoneMatch: joined(.ifNoneMatch),
            ifModifiedSince: request.headers[.ifModifiedSince], ifUnmodifiedSince: request.headers[.ifUnmodifiedSince])
    }

    private func response(
        _ resolution: ByteRangeResolution, _ audio: Playback.Audio, _ headers: HTTPFields
    ) async throws -> Response {
        var headers = headers
        try await awaitBeginning(of: audio, resolution)
        switch resolution {
        case .full:
            return Response(status: .ok, headers: headers, body: try await body(audio, 0..<audio.size))
        case .single(let range):
            headers[.contentRange] = ByteRange.contentRange(range, size: audio.size)
            return Response(status: .partialContent, headers: headers, body: try await body(audio, range))
        case .multiple(let ranges):
            let boundary = Identifier<BlobResponse>().description
            guard
                let parts = MultipartByteRanges(
                    ranges: ranges, size: audio.size, partMediaType: audio.mimeType, boundary: boundary)
            else { return Response(status: .ok, headers: headers, body: body(audio, [.bytes(0..<audio.size)])) }
            headers[.contentType] = parts.mediaType
            var pieces: [Piece] = []
            for (index, range) in ranges.enumerated() { pieces += [.text(parts.partHeader(at: index)), .bytes(range)] }
            pieces.append(.text(parts.closing))
            return Response(status: .partialContent, headers: headers, body: body(audio, pieces))
        case .unsatisfiable:
            throw RangeNotSatisfiable(size: audio.size)
        }
    }

    /// Whether a store gives what it has, or an edit can be rendered, shows with the first byte: until then the answer can
    /// still be another one.
    private func awaitBeginning(of audio: Playback.Audio, _ resolution: ByteRangeResolution) async throws {
        switch audio.source {
        case .coming, .rendered: break
        case .file, .elsewhere: return
        }
        switch resolution {
        case .full: _ = try await playback.read(audio, at: 0, count: 1)
        case .single(let range): _ = try await playback.read(audio, at: range.lowerBound, count: 1)
        case .multiple(let ranges):
            _ = try await playback.read(audio, at: ranges.map(\.lowerBound).min() ?? 0, count: 1)
        case .unsatisfiable: break
        }
    }

    private enum Piece: Sendable {
        case text(String)
        case bytes(Range<Int64>)

        var count: Int64 {
            switch self {
            case .text(let text): Int64(text.utf8.count)
            case .bytes(let range): range.upperBound - range.lowerBound
            }
        }
    }

    /// One range. A small one is read before the head is written, so that both leave in one packet.
    private func body(_ audio: Playback.Audio, _ range: Range<Int64>) async throws -> ResponseBody {
        let count = range.upperBound - range.lowerBound
        guard count <= Self.chunk else { return body(audio, [.bytes(range)]) }
        let bytes = try await playback.read(audio, at: range.lowerBound, count: Int(count))
        guard bytes.readableBytes == count else { throw FileError("read", audio.fileName, number: EIO) }
        return ResponseBody(byteBuffer: bytes)
    }

    private func body(_ audio: Playback.Audio, _ pieces: [Piece]) -> ResponseBody {
        let length = pieces.reduce(0) { $0 + $1.count }
        return ResponseBody(contentLength: Int(length)) { [playback] writer in
            for piece in pieces {
                switch piece {
                case .text(let text): try await writer.write(ByteBuffer(string: text))
                case .bytes(let range):
                    var offset = range.lowerBound
                    while offset < range.upperBound {
                        let wanted = Int(min(Int64(Self.chunk), range.upperBound - offset))
                        let bytes = try await playback.read(audio, at: offset, count: wanted)
                        // The length was promised: an early end must break the connection, not look like one.
                        guard bytes.readableBytes > 0 else { throw FileError("read", audio.fileName, number: EIO) }
                        offset += Int64(bytes.readableBytes)
                        try await writer.write(bytes)
                    }
                }
            }
            try await writer.finish(nil)
        }
    }
}
