public import NIOCore

/// What an HTTP/1 connection needs besides the server's own pipeline, in the order in which it must stand there.
///
/// Hummingbird puts `HTTP1Channel.Configuration.additionalChannelHandlers` behind the codec that makes
/// `HTTPRequestPart`s, and before its own handlers; it asks for new ones for each connection.
public struct ConnectionHandlers: Sendable, Hashable {
    public var deadlines: RequestDeadlines
    public var refusedBody: RefusedBodyHandler.Limits
    /// The longest body that any request may have, in bytes: a longer one gets no `100 Continue`.
    public var maximumBodyBytes: Int64

    public init(
        maximumBodyBytes: Int64, deadlines: RequestDeadlines = RequestDeadlines(),
        refusedBody: RefusedBodyHandler.Limits = RefusedBodyHandler.Limits()
    ) {
        self.maximumBodyBytes = maximumBodyBytes
        self.deadlines = deadlines
        self.refusedBody = refusedBody
    }

    /// New handlers for one connection.
    public func make() -> [any RemovableChannelHandler] {
        [
            RefusedBodyHandler(limits: refusedBody), RequestDeadlineHandler(deadlines: deadlines),
            ExpectContinueHandler(maximumBodyBytes: maximumBodyBytes),
        ]
    }
}
