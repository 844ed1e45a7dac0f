import Core
import HTTPTypes
import Hummingbird

/// Which version of the IETF draft a client speaks (`Upload-Draft-Interop-Version`), and what differs by it.
struct DraftDialect: Sendable {
    /// The version that this server was written for, and the older ones that it still answers.
    static let newest = 8
    static let known = 3...newest

    /// As the client said it; nil when it said none, or one that is not known: it gets no `104` then.
    let announced: Int?

    init(_ request: Request) {
        announced = request.headers[.uploadDraftInteropVersion].flatMap(UploadField.count)
            .flatMap { Self.known.contains(Int(clamping: $0)) ? Int($0) : nil }
    }

    private var version: Int { announced ?? Self.newest }
    /// The first drafts said the opposite: `Upload-Incomplete`.
    private var saysIncomplete: Bool { version == 3 }
    /// `application/partial-upload` came with draft 04.
    var needsMediaType: Bool { version >= 6 }

    /// Whether the request's body ends the recording; nil when it does not say.
    /// - Throws: ``VoiceNoteError/Code/badRequest`` for what is no boolean.
    func completeness(of request: Request) throws -> Bool? {
        let name = saysIncomplete ? HTTPField.Name.uploadIncomplete : .uploadComplete
        guard let value = try Self.value(name, request) else { return nil }
        guard let truth = UploadField.truth(value) else {
            throw VoiceNoteError(.badRequest, "\(name) is either ?1 or ?0.")
        }
        return saysIncomplete ? !truth : truth
    }

    /// A count of bytes in a header; nil when it is not there.
    static func count(_ name: HTTPField.Name, _ request: Request) throws -> Int64? {
        guard let value = try value(name, request) else { return nil }
        guard let count = UploadField.count(value) else {
            throw VoiceNoteError(.badRequest, "\(name) is a whole number of bytes, not negative, of 15 digits at most.")
        }
        return count
    }

    private static func value(_ name: HTTPField.Name, _ request: Request) throws -> String? {
        let values = request.headers[values: name]
        guard values.count <= 1 else { throw VoiceNoteError(.badRequest, "\(name) may come once.") }
        return values.first
    }

    /// The headers that say how far the upload is, in the client's words.
    func headers(isComplete: Bool) -> HTTPFields {
        var headers = HTTPFields()
        headers[saysIncomplete ? .uploadIncomplete : .uploadComplete] = UploadField.text(
            saysIncomplete ? !isComplete : isComplete)
        if let announced { headers[.uploadDraftInteropVersion] = String(announced) }
        return headers
    }
}
