import API
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// An HTTP/1 server connection with the pipeline that Hummingbird builds, without a socket: bytes go in and come out,
/// and the test is the application.
struct ConnectionFixture {
    let channel = EmbeddedChannel()
    let socket = SocketDouble()
    let application = ApplicationDouble()

    init(_ handlers: [any RemovableChannelHandler]) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(socket)
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
        try pipeline.addHandlers(handlers)
        try pipeline.addHandler(application)
        channel.read()
    }

    /// Bytes from the client; as on a socket, more is asked for afterwards.
    func receive(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        channel.read()
    }

    func respond(_ status: HTTPResponse.Status, _ fields: HTTPFields = [.contentLength: "0"]) {
        write(.head(HTTPResponse(status: status, headerFields: fields)))
        write(.end(nil))
    }

    func write(_ part: HTTPResponsePart) {
        channel.writeAndFlush(part, promise: nil)
    }

    /// What was sent to the client since the last call.
    func sent() throws -> String {
        var text = ""
        while let data = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: data) }
        return text
    }

    func advance(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    func clientCloses() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
}

/// The end of the pipeline where a socket would be: it can close one direction, and stop taking bytes.
final class SocketDouble: ChannelOutboundHandler {
    typealias OutboundIn = Any

    private(set) var isOutputClosed = false
    private(set) var reads = 0
    var takesBytes = true

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }

    func flush(context: ChannelHandlerContext) {
        if takesBytes { context.flush() }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        isOutputClosed = true
        promise?.succeed()
    }
}

/// The other end, where the application reads: it can hold reads back, as an asynchronous stream does.
final class ApplicationDouble: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private(set) var received: [HTTPRequestPart] = []
    private(set) var errors: [any Error] = []
    var wantsMore = true

    var heads: Int {
        received.count { part in
            if case .head = part { true } else { false }
        }
    }

    var bodyBytes: Int {
        received.reduce(0) { sum, part in
            if case .body(let bytes) = part { sum + bytes.readableBytes } else { sum }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        errors.append(error)
    }

    func read(context: ChannelHandlerContext) {
        if wantsMore { context.read() }
    }
}
