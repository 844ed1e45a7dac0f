import Blobs
import Core
import Hummingbird
import NIOCore
import Services

/// Receives a form with one file: the file streams to disk, the small fields are gathered, in whatever order they come.
struct FormUpload: Sendable {
    let ingest: Ingest
    /// Bytes of a field other than the file.
    private static let mostFieldBytes = 16 * 1024

    /// What the form has said so far.
    private struct Form {
        var draft = NoteDraft(mimeType: "application/octet-stream")
        var part: Part = .none
        var hasFile = false

        enum Part {
            case none
            case file
            case field(name: String, value: ByteBuffer)
        }
    }

    func receive(
        _ request: Request, _ scope: RequestScope, contentType: String, for account: Account.ID
    ) async throws -> (Note, Receipt) {
        let length = try BodyLength(request)
        var digests = try BodyDigests(request, hashesSHA256: true)
        var parser: MultipartParser
        do {
            parser = MultipartParser(boundary: try MultipartBoundary.parse(contentType: contentType))
        } catch {
            throw Self.problem(error)
        }
        // The form is a little larger than the file in it: what it announces is only a bound for the file.
        var incoming = try ingest.begin(expecting: length.announced.map { $0 - 64 * 1024 }.map { max(0, $0) })
        do {
            var form = Form()
            var received: Int64 = 0
            for try await buffer in scope.body(of: request) {
                received += Int64(buffer.readableBytes)
                digests.update(buffer)
                parser.append(buffer)
                while let event = try Self.next(&parser) { try await take(event, &form, &incoming) }
            }
            try length.check(received)
            do { try parser.finish() } catch { throw Self.problem(error) }
            try digests.check()
            guard form.hasFile else {
                throw VoiceNoteError(
                    .validationFailed, "Please correct: file.",
                    fields: [FieldError(field: "file", message: "The form needs a file in this field.")])
            }
            return try await ingest.complete(&incoming, as: form.draft, of: account)
        } catch {
            await ingest.abort(&incoming)
            throw error
        }
    }

    private func take(_ event: MultipartEvent, _ form: inout Form, _ incoming: inout IncomingFile) async throws {
        switch event {
        case .partBegan(let headers): try begin(headers, &form)
        case .body(let bytes):
            switch form.part {
            case .none: break
            case .file: try await ingest.append(bytes, to: &incoming)
            case .field(let name, var value):
                guard value.readableBytes + bytes.readableBytes <= Self.mostFieldBytes else {
                    throw VoiceNoteError(
                        .validationFailed, "Please correct: \(name).",
                        fields: [FieldError(field: name, message: "At most \(Self.mostFieldBytes) bytes.")])
                }
                value.writeImmutableBuffer(bytes)
                form.part = .field(name: name, value: value)
            }
        case .partEnded:
            if case .field(let name, let value) = form.part { set(name, String(buffer: value), in: &form.draft) }
            form.part = .none
        case .finished: break
        }
    }

    private func begin(_ headers: MultipartPartHeaders, _ form: inout Form) throws {
        guard headers.name == "file" else {
            guard headers.fileName == nil else {
                throw VoiceNoteError(
                    .validationFailed, "Please correct: \(headers.name).",
                    fields: [FieldError(field: headers.name, message: "Send the recording in the field \"file\".")])
            }
            form.part = .field(name: headers.name, value: ByteBuffer())
            return
        }
        guard !form.hasFile else {
            throw VoiceNoteError(
                .validationFailed, "Please correct: file.",
                fields: [
                    FieldError(field: "file", message: "One file a request; send the others in requests of their own.")
                ]
            )
        }
        form.hasFile = true
        form.part = .file
        form.draft.fileName = headers.fileName
        if let type = headers.contentType?.split(separator: ";").first?.trimmingBlanks, type.utf8.count <= 100 {
            form.draft.mimeType = type.lowercased()
        }
    }

    /// Fields that mean nothing here are read over, so that clients may send what later versions know.
    private func set(_ name: String, _ value: String, in draft: inout NoteDraft) {
        switch name {
        case "title": draft.title = value
        case "tags": draft.tags += NoteRules.splitTags(value)
        case "folder": draft.folder = value
        default: break
        }
    }

    private static func next(_ parser: inout MultipartParser) throws -> MultipartEvent? {
        do { return try parser.next() } catch { throw problem(error) }
    }

    private static func problem(_ error: MultipartError) -> VoiceNoteError {
        VoiceNoteError(.badRequest, error.description)
    }
}
