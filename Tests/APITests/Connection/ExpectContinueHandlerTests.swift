import API
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@Suite("Expect: 100-continue")
struct ExpectContinueHandlerTests {
    private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

    private func connection() throws -> ConnectionFixture {
        try ConnectionFixture([RefusedBodyHandler(), ExpectContinueHandler(maximumBodyBytes: 1000)])
    }

    private func want(_ connection: ConnectionFixture) {
        connection.channel.triggerUserOutboundEvent(BodyWanted(), promise: nil)
    }

    private func post(_ fields: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n" }

    static let continued = [
        "Content-Length: 1000\r\nExpect: 100-continue", "Content-Length: 1\r\nexpect: 100-Continue",
        "Transfer-Encoding: chunked\r\nExpect: 100-continue",
    ]

    @Test("A body is asked for when its handler wants it", arguments: continued)
    func asks(fields: String) throws {
        let connection = try connection()
        try connection.receive(post(fields))
        #expect(try connection.sent().isEmpty)
        want(connection)
        #expect(try connection.sent() == Self.interim)
        #expect(connection.application.heads == 1)
    }

    static let silent = [
        "Content-Length: 1001\r\nExpect: 100-continue", "Content-Length: 0\r\nExpect: 100-continue",
        "Expect: 100-continue", "Content-Length: 5",
    ]

    @Test("A body that is too long, missing or not announced is not", arguments: silent)
    func staysSilent(fields: String) throws {
        let connection = try connection()
        try connection.receive(post(fields))
        want(connection)
        #expect(try connection.sent().isEmpty)
        #expect(connection.application.heads == 1)
    }

    @Test("Who is refused is not asked for the body")
    func refusedKeepsItsBody() throws {
        let connection = try connection()
        try connection.receive(post("Content-Length: 3\r\nExpect: 100-continue"))
        connection.respond(.unauthorized)
        want(connection)
        let sent = try connection.sent()
        #expect(sent.hasPrefix("HTTP/1.1 401 ") && !sent.contains("100 Continue"))
    }

    @Test("A client that does not wait gets no interim response")
    func doesNotWait() throws {
        let connection = try connection()
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try connection.receive(post("Content-Length: 3\r\nExpect: 100-continue") + "abc")
        connection.respond(.ok)
        want(connection)
        #expect(try !connection.sent().contains("100"))
    }

    @Test("The interim response waits for its turn")
    func turn() throws {
        let connection = try connection()
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + post("Content-Length: 3\r\nExpect: 100-continue"))
        want(connection)
        #expect(try connection.sent().isEmpty)
        connection.write(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "0"])))
        #expect(try !connection.sent().contains("100"))
        connection.write(.end(nil))
        #expect(try connection.sent().isEmpty)
        want(connection)
        #expect(try connection.sent() == Self.interim)
    }

    @Test(
        "Any other expectation is refused, and the request goes no further", arguments: ["200-ok", "100-continue, x"])
    func refuses(expectation: String) throws {
        let connection = try connection()
        try connection.receive(post("Content-Length: 3\r\nExpect: \(expectation)") + "abc")
        let sent = try connection.sent()
        #expect(sent.hasPrefix("HTTP/1.1 417 Expectation Failed\r\n"))
        #expect(sent.contains("Connection: close\r\n") && sent.contains("\"code\": \"expectation_failed\""))
        #expect(connection.application.received.isEmpty)
        #expect(connection.socket.isOutputClosed)
        connection.respond(.ok)
        #expect(try connection.sent().isEmpty)
    }

    @Test("A refusal waits for its turn")
    func refusalInTurn() throws {
        let connection = try connection()
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + post("Expect: x"))
        #expect(try connection.sent().isEmpty)
        connection.respond(.ok)
        let sent = try connection.sent()
        #expect(sent.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 417 "))
        #expect(connection.application.heads == 1)
    }
}
