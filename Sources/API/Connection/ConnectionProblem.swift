import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// An answer that the connection itself gives, because no handler will: RFC 9457, as everywhere in the API.
struct ConnectionProblem {
    let status: HTTPResponse.Status
    /// Goes into JSON as it stands: no quotes, no backslashes.
    let detail: StaticString
    let code: StaticString

    static let requestTimeout = ConnectionProblem(
        status: .requestTimeout, detail: "The request came too slowly. Send it again.", code: "request_timeout")
    static let expectationFailed = ConnectionProblem(
        status: .expectationFailed, detail: "Only Expect: 100-continue is understood. Send the request without it.",
        code: "expectation_failed")

    /// The whole answer. The connection closes behind it.
    var parts: [HTTPResponsePart] {
        let text = """
            {"type": "about:blank", "title": "\(status.reasonPhrase)", "status": \(status.code), \
            "detail": "\(detail)", "code": "\(code)"}
            """
        let fields: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: String(text.utf8.count), .connection: "close",
        ]
        return [
            .head(HTTPResponse(status: status, headerFields: fields)), .body(ByteBuffer(string: text)), .end(nil),
        ]
    }
}

extension HTTPFields {
    /// Whether `Connection` lists `close` (RFC 9112, section 9.6; compared without case).
    var closeConnection: Bool {
        self[values: .connection].contains { value in
            value.split(separator: ",").contains { option in
                option.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == "close"
            }
        }
    }
}

extension HTTPResponse {
    /// Whether another response follows for the same request.
    var isInformational: Bool { status.kind == .informational && status != .switchingProtocols }
}
