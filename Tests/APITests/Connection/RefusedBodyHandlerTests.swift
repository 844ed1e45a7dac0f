import API
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOEmbedded
import Testing

@Suite("A refused body")
struct RefusedBodyHandlerTests {
    static let upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func connection() throws -> ConnectionFixture {
        try ConnectionFixture([RefusedBodyHandler()])
    }

    @Test(
        "A response before the end of the body closes the connection behind itself, and only the sending side at first")
    func closes() throws {
        let connection = try connection()
        try connection.receive(Self.upload + "abc")
        connection.respond(.contentTooLarge)
        let sent = try connection.sent()
        #expect(sent.hasPrefix("HTTP/1.1 413 "))
        #expect(sent.hasSuffix("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        #expect(connection.socket.isOutputClosed)
        #expect(connection.channel.isActive)
        connection.clientCloses()
        #expect(!connection.channel.isActive)
    }

    @Test("The response is finished before anything is closed")
    func finishes() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.write(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "2"])))
        #expect(!connection.socket.isOutputClosed)
        try connection.receive("x")
        #expect(connection.application.bodyBytes == 1)
        connection.write(.body(ByteBuffer(string: "ok")))
        connection.socket.takesBytes = false
        connection.write(.end(nil))
        #expect(!connection.socket.isOutputClosed)
        connection.socket.takesBytes = true
        connection.channel.flush()
        #expect(connection.socket.isOutputClosed)
        #expect(try connection.sent().hasSuffix("\r\n\r\nok"))
    }

    @Test("What still comes is dropped, for at most 256 KiB")
    func bytes() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.respond(.unauthorized)
        let chunk = String(repeating: "x", count: 64 * 1024)
        for _ in 0..<4 { try connection.receive(chunk) }
        #expect(connection.application.bodyBytes == 0)
        #expect(connection.channel.isActive)
        try connection.receive("x")
        #expect(!connection.channel.isActive)
    }

    @Test("The client gets two seconds to close")
    func time() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.respond(.unauthorized)
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1999))
        #expect(connection.channel.isActive)
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!connection.channel.isActive)
    }

    @Test("It goes on reading where the application has stopped")
    func reads() throws {
        let connection = try connection()
        connection.application.wantsMore = false
        try connection.receive(Self.upload)
        connection.respond(.unauthorized)
        let before = connection.socket.reads
        try connection.receive("x")
        #expect(connection.socket.reads == before + 1)
    }

    @Test("A request that came whole keeps the connection")
    func keeps() throws {
        let connection = try connection()
        for _ in 0..<2 {
            try connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            connection.respond(.unauthorized)
            #expect(try connection.sent() == "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(!connection.socket.isOutputClosed)
        #expect(connection.application.heads == 2)
    }

    @Test("Requests sent ahead are answered in their turn")
    func pipelined() throws {
        let connection = try connection()
        try connection.receive(Self.get + Self.get + Self.upload)
        connection.respond(.ok)
        connection.respond(.ok)
        #expect(try !connection.sent().contains("close"))
        connection.respond(.unauthorized)
        #expect(try connection.sent().contains("Connection: close"))
        #expect(connection.socket.isOutputClosed)
    }

    @Test("An interim response decides nothing")
    func interim() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.write(.head(HTTPResponse(status: .continue)))
        #expect(try connection.sent() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.receive(String(repeating: "x", count: 1_000_000))
        connection.respond(.ok)
        #expect(try !connection.sent().contains("close"))
    }

    @Test("A client's or an application's wish to close is granted", arguments: [true, false])
    func wishes(ofClient: Bool) throws {
        let connection = try connection()
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n" + (ofClient ? "Connection: Close\r\n\r\n" : "\r\n"))
        connection.respond(.ok, ofClient ? [.contentLength: "0"] : [.contentLength: "0", .connection: "close"])
        #expect(try connection.sent().contains("Connection: close\r\n"))
        #expect(connection.socket.isOutputClosed)
        try connection.receive(Self.get)
        #expect(connection.application.heads == 1)
        connection.advance(2)
        #expect(!connection.channel.isActive)
    }

    @Test("Nothing is written behind the last response")
    func nothingBehind() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.respond(.unauthorized)
        _ = try connection.sent()
        #expect(throws: ChannelError.self) {
            try connection.channel.writeAndFlush(HTTPResponsePart.end(nil)).wait()
        }
        #expect(try connection.sent().isEmpty)
    }

    @Test("An application that closes the sending side does not leave the connection open")
    func applicationCloses() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.channel.close(mode: .output, promise: nil)
        #expect(connection.socket.isOutputClosed && connection.channel.isActive)
        connection.advance(2)
        #expect(!connection.channel.isActive)
    }

    @Test("Broken framing behind the response ends the waiting, and tells nobody")
    func brokenFraming() throws {
        let connection = try connection()
        try connection.receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.respond(.unauthorized)
        try? connection.receive("zz\r\n")
        #expect(connection.application.errors.isEmpty)
        #expect(!connection.channel.isActive)
    }
}
