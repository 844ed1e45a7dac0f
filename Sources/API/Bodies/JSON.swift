import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON in and out.
enum JSON {
    /// No request in JSON is longer: a note's text is the largest part of one.
    static let mostBytes = 1 << 20

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return encoder
    }

    static func response(
        _ status: HTTPResponse.Status = .ok, _ body: some Encodable, headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "application/json; charset=utf-8" }
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(body))))
    }

    /// Reads the body as a value.
    /// - Throws: ``VoiceNoteError/Code/unsupportedMediaType``, ``VoiceNoteError/Code/tooLarge``, or
    ///   ``VoiceNoteError/Code/validationFailed`` with the field that is wrong.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from request: Request, _ scope: RequestScope, atMost mostBytes: Int = mostBytes
    ) async throws -> Value {
        let media = request.headers[.contentType]?.split(separator: ";").first?.lowercased() ?? ""
        guard media == "application/json" || media.hasSuffix("+json") else {
            throw VoiceNoteError(.unsupportedMediaType, "Send JSON with Content-Type: application/json.")
        }
        let buffer: ByteBuffer
        do {
            buffer = try await scope.body(of: request).collect(upTo: mostBytes)
        } catch is NIOTooManyBytesError {
            throw VoiceNoteError(.tooLarge, "The request may have at most \(mostBytes) bytes; send less.")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw problem(error)
        } catch let error as EditError {
            throw VoiceNoteError(error)
        }
    }

    private static func problem(_ error: DecodingError) -> VoiceNoteError {
        let (path, message): ([any CodingKey], String) =
            switch error {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "This field is needed.")
            case .typeMismatch(_, let context): (context.codingPath, "This field has the wrong type.")
            case .valueNotFound(_, let context): (context.codingPath, "This field may not be null.")
            case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
            @unknown default: ([], "The request cannot be read.")
            }
        guard !path.isEmpty else {
            return VoiceNoteError(.badRequest, "The request is not the JSON that is expected here.")
        }
        let field = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return VoiceNoteError(
            .validationFailed, "Please correct: \(field).", fields: [FieldError(field: field, message: message)])
    }
}

/// An optional that stands in the JSON as `null` instead of being left out.
@propertyWrapper
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

/// A list that is complete in one answer.
struct ItemsBody<Item: Encodable & Sendable>: Encodable, Sendable {
    let items: [Item]
}
