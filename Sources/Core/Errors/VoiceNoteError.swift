/// An error with a stable code and a sentence that tells the person what to do next.
///
/// The API turns it into `application/problem+json` (RFC 9457); the command line prints its `detail`.
public struct VoiceNoteError: Error, Hashable, Sendable {
    /// What kind of trouble it is. The raw value is the `code` that clients may rely on.
    public enum Code: String, Sendable, Codable, CaseIterable {
        case badRequest = "bad_request"
        case validationFailed = "validation_failed"
        case digestMismatch = "digest_mismatch"
        case unauthenticated
        case invalidCredentials = "invalid_credentials"
        case tokenExpired = "token_expired"
        case refreshTokenReused = "refresh_token_reused"
        case forbidden
        case csrfFailed = "csrf_failed"
        case registrationClosed = "registration_closed"
        case urlExpired = "url_expired"
        case urlInvalid = "url_invalid"
        case urlRevoked = "url_revoked"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case requestTimeout = "request_timeout"
        case emailTaken = "email_taken"
        case notInTrash = "not_in_trash"
        case notFailed = "not_failed"
        case notReady = "not_ready"
        case conflict
        case versionMismatch = "version_mismatch"
        case tooLarge = "too_large"
        case tooManyUploads = "too_many_uploads"
        case offsetMismatch = "offset_mismatch"
        case inconsistentLength = "inconsistent_length"
        case uploadComplete = "upload_complete"
        case checksumMismatch = "checksum_mismatch"
        case unsupportedVersion = "unsupported_version"
        case gone
        case unsupportedMediaType = "unsupported_media_type"
        case rangeNotSatisfiable = "range_not_satisfiable"
        case expectationFailed = "expectation_failed"
        case rateLimited = "rate_limited"
        case storageFull = "storage_full"
        case unavailable
        case internalError = "internal_error"
    }

    /// The stable code.
    public let code: Code
    /// One sentence for the person: what is wrong and what to do.
    public let detail: String
    /// What is wrong with each field; only with ``Code/validationFailed``.
    public let fields: [FieldError]
    /// When trying again makes sense, for ``Code/rateLimited`` and ``Code/unavailable``.
    public let retryAfter: Duration?

    public init(_ code: Code, _ detail: String, fields: [FieldError] = [], retryAfter: Duration? = nil) {
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retryAfter = retryAfter
    }

    /// There is no such thing, or it is not yours: the answer is the same, so that nobody can probe for ids.
    public static func notFound(_ what: String) -> VoiceNoteError {
        VoiceNoteError(.notFound, "There is no such \(what).")
    }
}

extension VoiceNoteError: CustomStringConvertible {
    /// The sentence for the person, and what is wrong with each field.
    public var description: String {
        ([detail] + fields.map { "\($0.field): \($0.message)" }).joined(separator: " ")
    }
}

/// What is wrong with one field of a request.
public struct FieldError: Hashable, Sendable, Codable {
    public let field: String
    public let message: String

    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
}
