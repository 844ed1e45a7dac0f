import HTTPTypes
public import NIOCore
public import NIOHTTPTypes

/// Answers `Expect` (RFC 9110, section 10.1.1).
///
/// `100-continue` is answered with `100 Continue` when the request's handler is about to read the body, which it says by
/// the outbound event ``BodyWanted``: the server reads ahead, so it cannot be seen here. A refused client thus keeps its
/// body. Nothing is sent when there is no body, or when a final response or a part of the body came before. Any other expectation is answered with 417, and the request goes no
/// further. Other informational responses pass by as the event `Interim`.
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
    /// Whether the handler of the pending request is about to read its body.
    private var isWanted = false
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
            isWanted = false
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

    public func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        if let interim = event as? Interim {
            // Behind the head of the final response it would be taken for a part of that.
            if !messages.isAnswering, !hasAnsweredRefusal {
                context.writeAndFlush(wrapOutboundOut(.head(interim.response)), promise: nil)
            }
            promise?.succeed()
            return
        }
        guard event is BodyWanted else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        // The handlers run one after the other, so it is the request that is answered next.
        if pending?.turn == messages.answered {
            isWanted = true
            sendInTurn(context: context)
        }
        promise?.succeed()
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
        if reply == .continue, turn == messages.answered, !messages.isAnswering, !isWanted { return }
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

/// An outbound event: the handler of the current request is about to read its body.
public struct BodyWanted: Sendable {
    public init() {}
}

/// An outbound event: an informational response of the current request.
struct Interim: Sendable {
    let response: HTTPResponse
}

@available(*, unavailable)
extension ExpectContinueHandler: Sendable {}
