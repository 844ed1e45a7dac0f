import HTTPTypes
public import NIOCore
public import NIOHTTPTypes

/// Answers `Expect` (RFC 9110, section 10.1.1).
///
/// `100-continue` is answered with `100 Continue` at once, in the request's turn: whether a handler is going to read the
/// body cannot be seen at this place, because the server reads ahead. Nothing is sent when the announced length is over
/// the maximum (the final 413 follows, and the client keeps its body), when there is no body, or when a final response
/// or a part of the body was there before its turn. Any other expectation is answered with 417, and the request goes no
/// further.
///
/// Place it behind `RefusedBodyHandler`, which closes the connection behind a 417.
public final class ExpectContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    private enum Reply {
        case `continue`
        case refuse
    }

    private let maximumBodyBytes: Int64
    private var messages = MessageCount()
    /// What is to be sent once so many responses are written.
    private var pending: (turn: Int, reply: Reply)?
    /// A request was refused: nothing is let through any more in either direction.
    private var hasRefused = false
    private var hasAnsweredRefusal = false

    /// - Parameter maximumBodyBytes: the longest body that any request may have.
    public init(maximumBodyBytes: Int64) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        let part = unwrapInboundIn(data)
        if case .head(let request) = part, let reply = reply(to: request) {
            pending = (messages.begun, reply)
            hasRefused = reply == .refuse
        } else if case .body = part, case (_, .continue)? = pending {
            // The client did not wait.
            pending = nil
        }
        messages.read(part)
        if !hasRefused { context.fireChannelRead(data) }
        sendInTurn(context: context)
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasAnsweredRefusal else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        messages.write(unwrapOutboundIn(data))
        context.write(data, promise: promise)
        sendInTurn(context: context)
    }

    private func reply(to request: HTTPRequest) -> Reply? {
        let expectations = request.headerFields[values: .expect]
        guard !expectations.isEmpty else { return nil }
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else { return .refuse }
        guard let length = request.headerFields[.contentLength] else {
            return request.headerFields[.transferEncoding] == nil ? nil : .continue
        }
        guard let bytes = Int64(length), bytes > 0, bytes <= maximumBodyBytes else { return nil }
        return .continue
    }

    private func sendInTurn(context: ChannelHandlerContext) {
        guard let (turn, reply) = pending, turn <= messages.answered else { return }
        pending = nil
        guard turn == messages.answered, !messages.isAnswering else { return }
        switch reply {
        case .continue:
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        case .refuse:
            hasAnsweredRefusal = true
            for part in ConnectionProblem.expectationFailed.parts {
                context.write(wrapOutboundOut(part), promise: nil)
            }
            context.flush()
        }
    }
}

@available(*, unavailable)
extension ExpectContinueHandler: Sendable {}
