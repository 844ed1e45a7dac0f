import Core
import HTTPTypes
import Hummingbird

extension Request {
    /// The media type of the body, in lower case and without parameters (RFC 9110, section 8.3.1); nil without the header.
    var mediaType: String? {
        headers[.contentType]?.split(separator: ";").first?.trimmingBlanks.lowercased()
    }

    /// The digests in the header; nil when it is not there.
    /// - Throws: ``VoiceNoteError/Code/badRequest`` when it cannot be read.
    func digestField(_ name: HTTPField.Name) throws -> DigestField? {
        guard let header = headers[name] else { return nil }
        do {
            return try DigestField.parse(header)
        } catch {
            throw VoiceNoteError(.badRequest, "\(name): \(error.description)")
        }
    }
}
