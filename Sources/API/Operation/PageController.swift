import Core
import Crypto
import Foundation
import Hummingbird
import NIOCore

/// `/` and `/page/…`: the files of the page, read once at the start, under a strict content security policy.
struct PageController: Sendable {
    private struct File: Sendable {
        let bytes: ByteBuffer
        let etag: ETag
        let mediaType: String
    }

    private let files: [String: File]

    private let policy: String

    /// - Parameter origins: of stores that a player may be sent to.
    private static func policy(playingFrom origins: [String]) -> String {
        """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
        media-src \((["'self'", "blob:"] + origins).joined(separator: " ")); \
        connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
        manifest-src 'self'
        """
    }

    /// Reads the files that were built into the program's bundle.
    /// - Parameter origins: of stores that a player may be sent to.
    init(playingFrom origins: [String]) throws {
        policy = Self.policy(playingFrom: origins)
        guard let root = Bundle.module.url(forResource: "Page", withExtension: nil) else {
            throw VoiceNoteError(
                .internalError, "The files of the page are missing beside the program; install it again.")
        }
        var files: [String: File] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
            guard let mediaType = Self.mediaType(of: path) else { continue }
            let data = try Data(contentsOf: root.appendingPathComponent(path))
            guard let etag = ETag(Hexadecimal.encode(SHA256.hash(data: data).prefix(16))) else { continue }
            files[path] = File(bytes: ByteBuffer(bytes: data), etag: etag, mediaType: mediaType)
        }
        self.files = files
    }

    func addRoutes(to table: borrowing RouteTable) {
        for method in [HTTPRequest.Method.get, .head] {
            table.open(method, "/") { request, _ in try response(to: request, "index.html") }
            table.open(method, "/page/**") { request, scope in
                try response(to: request, scope.parameters.getCatchAll().joined(separator: "/"))
            }
        }
    }

    private func response(to request: Request, _ path: String) throws -> Response {
        // A name is looked up among those that were read, so no path leads anywhere else.
        guard let file = files[path] else { throw VoiceNoteError.notFound("file") }
        var headers: HTTPFields = [
            .eTag: file.etag.text, .cacheControl: "no-cache", .contentSecurityPolicy: policy,
            .referrerPolicy: "same-origin", .permissionsPolicy: "microphone=(self), camera=(), geolocation=()",
        ]
        let conditions = Preconditions(ifNoneMatch: request.headers[.ifNoneMatch])
        if conditions.evaluate(method: "GET", etag: file.etag, lastModified: nil) == .notModified {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.mediaType
        guard request.method == .get else {
            headers[.contentLength] = String(file.bytes.readableBytes)
            return Response(status: .ok, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: file.bytes))
    }

    private static func mediaType(of path: String) -> String? {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "webmanifest": "application/manifest+json"
        default: nil
        }
    }
}
