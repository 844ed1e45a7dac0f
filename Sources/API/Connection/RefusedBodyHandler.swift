public import NIOCore
public import NIOHTTPTypes
import HTTPTypes

/// Ends a connection decently when a response is written before the request's body was read, and whenever a request or
/// a response says `Connection: close`.
///
/// Without it the server would read and drop whatever a refused upload still sends, without limit, to keep the
/// connection. With it the final head says `Connection: close`; behind the response the sending side is closed; what
/// still comes is dropped until the client closes, for at most `lingerBytes` and `lingerTime`. That little wait lets the
/// client read the response: closing at once would reset the connection and might take the response with it
/// (RFC 9112, section 9.6).
///
/// Place it before all other handlers of HTTP parts, next to the codec: it also sees what they answer by themselves.
public final class RefusedBodyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    /// What is read and dropped behind a response at most.
    public struct Limits: Sendable, Hashable {
        public var lingerBytes = 256 * 1024
        public var lingerTime = Duration.seconds(2)

        public init() {}
    }

    private enum Phase: Equatable {
        case open
        /// The head of the last response is written; its request's body may still be read by the application.
        case lastResponse
        /// The last response is written and on its way.
        case flushing
        /// Only the client's end of the connection is awaited.
        case lingering
        case closed
    }

    private let limits: Limits
    private var phase = Phase.open
    private var messages = MessageCount()
    /// Which request, counted from 0, said that it is the last.
    private var lastRequest: Int?
    private var droppedBytes = 0
    private var isInputClosed = false
    private var timer: Scheduled<Void>?

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch phase {
        case .open: break
        // No request is taken any more (RFC 9112, section 9.6); the body of the current one still belongs to it.
        case .lastResponse where messages.isReceiving: break
        case .lastResponse, .closed: return
        case .flushing, .lingering: return drop(part, context: context)
        }
        if case .head(let request) = part, request.headerFields.closeConnection { lastRequest = messages.begun }
        messages.read(part)
        context.fireChannelRead(data)
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase == .open || phase == .lastResponse else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        var part = unwrapOutboundIn(data)
        if case .head(var response) = part, !response.isInformational, isLast(response) {
            phase = .lastResponse
            response.headerFields[.connection] = "close"
            part = .head(response)
        }
        messages.write(part)
        guard case .end = part, phase == .lastResponse else {
            context.write(wrapOutboundOut(part), promise: promise)
            return
        }
        phase = .flushing
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.closeOutput(context: context)
            case .failure: context.close(promise: nil)
            }
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: written)
    }

    private func isLast(_ response: HTTPResponse) -> Bool {
        !messages.answersWholeRequest || lastRequest == messages.answered || response.headerFields.closeConnection
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, phase) {
        case (.output, .flushing), (.output, .lingering):
            // Already under way.
            promise?.succeed()
        case (.output, .open), (.output, .lastResponse):
            // The application is done with this connection, in the middle of a response or between two.
            linger(context: context)
            context.close(mode: .output, promise: promise)
        default:
            context.close(mode: mode, promise: promise)
        }
    }

    private func closeOutput(context: ChannelHandlerContext) {
        guard phase == .flushing else { return }
        guard !isInputClosed, context.channel.isActive else { return context.close(promise: nil) }
        linger(context: context)
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenFailure { _ in context.close(promise: nil) }
        context.close(mode: .output, promise: closed)
    }

    private func linger(context: ChannelHandlerContext) {
        phase = .lingering
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.lingerTime)) {
            context.close(promise: nil)
        }
        // Whoever reads behind this handler may have stopped asking.
        context.read()
    }

    private func drop(_ part: HTTPRequestPart, context: ChannelHandlerContext) {
        guard case .body(let bytes) = part else { return }
        droppedBytes += bytes.readableBytes
        if phase == .lingering, droppedBytes > limits.lingerBytes { context.close(promise: nil) }
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if phase == .lingering { context.read() }
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if phase == .lingering { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .open, .lastResponse: context.fireErrorCaught(error)
        // The response is out, and what comes behind it is nobody's: broken framing as little as anything else.
        case .flushing, .closed: break
        case .lingering: context.close(promise: nil)
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func end() {
        phase = .closed
        timer?.cancel()
        timer = nil
    }
}

@available(*, unavailable)
extension RefusedBodyHandler: Sendable {}
