public import NIOCore
public import NIOHTTPTypes

/// Ends connections whose clients send or take too slowly: see `RequestDeadlines`.
///
/// A client is measured only while the server reads; when the application holds the stream back, the clock of the body
/// stands still. Nothing is scheduled but one tick a connection. When a deadline passes before anything was answered,
/// the answer is 408 with `Connection: close`, and whoever reads the body gets a `ConnectionDeadlineError`; otherwise
/// the connection is closed.
///
/// Place it behind `RefusedBodyHandler`, which closes the connection behind a 408.
public final class RequestDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    /// How long the answer 408 may take to leave before the connection is cut.
    private static let farewell = Duration.seconds(5)

    private let deadlines: RequestDeadlines
    /// Nil while the connection is not open.
    private var clock: RequestDeadlineClock?
    private var expiredAt: NIODeadline?
    private var broughtParts = false
    private var timer: Scheduled<Void>?

    public init(deadlines: RequestDeadlines = RequestDeadlines()) {
        self.deadlines = deadlines
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context: context) }
    }

    public func channelActive(context: ChannelHandlerContext) {
        start(context: context)
        context.fireChannelActive()
    }

    public func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    public func read(context: ChannelHandlerContext) {
        clock?.readBegan(now: context.eventLoop.now)
        context.read()
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard expiredAt == nil else { return }
        broughtParts = true
        clock?.read(unwrapInboundIn(data), now: context.eventLoop.now)
        context.fireChannelRead(data)
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        clock?.readCompleted(broughtParts: broughtParts, now: context.eventLoop.now)
        broughtParts = false
        context.fireChannelReadComplete()
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard expiredAt == nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        clock?.write(unwrapOutboundIn(data), now: context.eventLoop.now)
        context.write(data, promise: promise)
    }

    private func start(context: ChannelHandlerContext) {
        guard clock == nil else { return }
        clock = RequestDeadlineClock(deadlines: deadlines, now: context.eventLoop.now)
        schedule(context: context)
    }

    private func stop() {
        clock = nil
        timer?.cancel()
        timer = nil
    }

    private func schedule(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(deadlines.tick)) {
            self.tick(context: context)
        }
    }

    private func tick(context: ChannelHandlerContext) {
        guard clock != nil else { return }
        schedule(context: context)
        let now = context.eventLoop.now
        if let expiredAt {
            if Duration(now - expiredAt) >= Self.farewell { context.close(promise: nil) }
            return
        }
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        switch clock?.tick(now: now, bufferedBytes: buffered) {
        case nil: break
        case .close: context.close(promise: nil)
        case .requestTimeout: refuse(context: context, now: now)
        }
    }

    private func refuse(context: ChannelHandlerContext, now: NIODeadline) {
        expiredAt = now
        let isReading = clock?.messages.isReceiving ?? false
        for part in ConnectionProblem.requestTimeout.parts { context.write(wrapOutboundOut(part), promise: nil) }
        context.flush()
        // Otherwise the application would take what came so far for the whole body once the connection is closed.
        guard isReading else { return }
        context.fireErrorCaught(
            ConnectionDeadlineError.bodyTooSlow(minimumBytesPerSecond: deadlines.minimumBodyBytesPerSecond))
    }
}

@available(*, unavailable)
extension RequestDeadlineHandler: Sendable {}
