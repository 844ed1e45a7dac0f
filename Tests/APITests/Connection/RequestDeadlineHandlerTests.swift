import API
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@Suite("Request deadlines")
struct RequestDeadlineHandlerTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    static let upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"

    private func connection() throws -> ConnectionFixture {
        try ConnectionFixture([RefusedBodyHandler(), RequestDeadlineHandler()])
    }

    @Test("A connection that says nothing is closed after 15 s without a word")
    func neverUsed() throws {
        let connection = try connection()
        connection.advance(14)
        #expect(connection.channel.isActive)
        connection.advance(1)
        #expect(!connection.channel.isActive)
        #expect(try connection.sent().isEmpty)
    }

    @Test("A head that trickles in gets 408 after 15 s")
    func slowHead() throws {
        let connection = try connection()
        for byte in Self.get.prefix(15) {
            #expect(try connection.sent().isEmpty)
            try connection.receive(String(byte))
            connection.advance(1)
        }
        let sent = try connection.sent()
        #expect(sent.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        #expect(sent.contains("Connection: close\r\n") && sent.contains("\"code\": \"request_timeout\""))
        #expect(connection.socket.isOutputClosed)
        connection.advance(2)
        #expect(!connection.channel.isActive)
    }

    @Test("Between requests there are 60 s, and 15 s from the first byte of the next")
    func idle() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.respond(.ok)
        _ = try connection.sent()
        connection.advance(59)
        try connection.receive("G")
        connection.advance(14)
        #expect(try connection.sent().isEmpty && connection.channel.isActive)
        connection.advance(1)
        #expect(try connection.sent().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("A connection without a next request is closed after 60 s without a word")
    func idleEnds() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.respond(.ok)
        _ = try connection.sent()
        connection.advance(59)
        #expect(connection.channel.isActive)
        connection.advance(1)
        #expect(!connection.channel.isActive)
        #expect(try connection.sent().isEmpty)
    }

    @Test("The server may take its time to answer")
    func slowServer() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.advance(3600)
        connection.respond(.ok)
        #expect(try connection.sent().hasPrefix("HTTP/1.1 200 "))
        connection.advance(59)
        #expect(connection.channel.isActive)
    }

    @Test("A body that stops gets 408 after 10 s, and its reader an error")
    func stoppedBody() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.advance(10)
        #expect(try connection.sent().isEmpty)
        connection.advance(1)
        #expect(try connection.sent().hasPrefix("HTTP/1.1 408 "))
        #expect(connection.application.errors.first is ConnectionDeadlineError)
        connection.respond(.internalServerError)
        #expect(try connection.sent().isEmpty)
        connection.advance(2)
        #expect(!connection.channel.isActive)
    }

    @Test("A body may come at 1 KiB/s for ever, but not at half of it", arguments: [(1024, true), (512, false)])
    func rate(bytes: Int, isFastEnough: Bool) throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        for _ in 0..<120 where connection.channel.isActive {
            connection.advance(1)
            try connection.receive(String(repeating: "x", count: bytes))
        }
        #expect(connection.channel.isActive == isFastEnough)
        #expect(try connection.sent().isEmpty == isFastEnough)
    }

    @Test("A fast body may pause for 30 s, not longer, however fast it was")
    func credit() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        try connection.receive(String(repeating: "x", count: 900_000))
        connection.advance(30)
        #expect(try connection.sent().isEmpty)
        connection.advance(1)
        #expect(try connection.sent().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("While the application holds the stream back, the client is not measured")
    func backPressure() throws {
        let connection = try connection()
        connection.application.wantsMore = false
        try connection.receive(Self.upload)
        connection.advance(3600)
        #expect(try connection.sent().isEmpty && connection.channel.isActive)
        connection.application.wantsMore = true
        connection.channel.read()
        connection.advance(10)
        #expect(try connection.sent().isEmpty)
        connection.advance(1)
        #expect(try connection.sent().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("A client that takes nothing for 30 s is cut off, whatever is written meanwhile")
    func stoppedReader() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.socket.takesBytes = false
        connection.write(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "1000000"])))
        for _ in 0..<29 {
            connection.write(.body(ByteBuffer(repeating: 0x61, count: 1000)))
            connection.advance(1)
        }
        #expect(connection.channel.isActive)
        connection.advance(2)
        #expect(!connection.channel.isActive)
    }

    @Test("A client that takes a little now and then is not")
    func slowReader() throws {
        let connection = try connection()
        try connection.receive(Self.get)
        connection.socket.takesBytes = false
        connection.write(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "1000000"])))
        for _ in 0..<10 {
            connection.write(.body(ByteBuffer(repeating: 0x61, count: 1000)))
            connection.advance(25)
            connection.socket.takesBytes = true
            connection.channel.flush()
            connection.socket.takesBytes = false
            #expect(connection.channel.isActive)
        }
    }

    @Test("Once a response has begun a silent body closes the connection after 60 s, without a second response")
    func silentBodyBehindHead() throws {
        let connection = try connection()
        try connection.receive(Self.upload)
        connection.write(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "5"])))
        _ = try connection.sent()
        connection.advance(59)
        #expect(connection.channel.isActive)
        connection.advance(1)
        #expect(!connection.channel.isActive)
        #expect(try connection.sent().isEmpty)
    }

    @Test("The tick ends with the connection")
    func tickEnds() throws {
        let connection = try connection()
        try connection.channel.close().wait()
        connection.advance(3600)
        #expect(!connection.channel.isActive)
    }
}
