import HTTPTypes
import Hummingbird

/// Lets pages of the configured origins call the API from a browser (WHATWG Fetch, section "CORS protocol"). Cookies are not
/// theirs to use: they send a token.
struct CrossOriginMiddleware: RouterMiddleware {
    typealias Context = RequestScope

    let origins: Set<String>

    private static let methods = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
    private static let requestHeaders: [HTTPField.Name] = [
        .authorization, .contentType, .range, .ifMatch, .ifNoneMatch, .contentDigest, .reprDigest, .requestID,
        .idempotencyKey, .methodOverride, .tusResumable, .uploadLength, .uploadOffset, .uploadMetadata,
        .uploadDeferLength, .uploadConcat, .uploadChecksum, .uploadComplete, .uploadIncomplete,
        .uploadDraftInteropVersion,
    ]
    private static let responseHeaders: [HTTPField.Name] = [
        .location, .eTag, .contentRange, .acceptRanges, .contentLocation, .reprDigest, .requestID, .retryAfter,
        .tusResumable, .tusVersion, .tusExtension, .tusMaxSize, .tusChecksumAlgorithm, .uploadOffset, .uploadLength,
        .uploadMetadata, .uploadDeferLength, .uploadConcat, .uploadExpires, .uploadComplete, .uploadIncomplete,
        .uploadLimit, .uploadDraftInteropVersion,
    ]

    func handle(
        _ request: Request, context: RequestScope, next: (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], origins.contains(origin) else {
            return try await next(request, context)
        }
        if request.method == .options, request.headers.contains(.accessControlRequestMethod) {
            return Response(
                status: .noContent,
                headers: [
                    .accessControlAllowOrigin: origin, .vary: "Origin", .accessControlAllowMethods: Self.methods,
                    .accessControlAllowHeaders: Self.list(Self.requestHeaders), .accessControlMaxAge: "86400",
                ])
        }
        var response = try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.list(Self.responseHeaders)
        response.headers[.vary] = [response.headers[.vary], "Origin"].compactMap { $0 }.joined(separator: ", ")
        return response
    }

    private static func list(_ names: [HTTPField.Name]) -> String {
        names.map(\.rawName).joined(separator: ", ")
    }
}
