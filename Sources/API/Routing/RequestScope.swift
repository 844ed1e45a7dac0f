import Core
public import Hummingbird
import Logging
import HTTPTypes
import NIOCore
import Synchronization

/// What accompanies one request through middleware and handler.
public struct RequestScope: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// In every answer and in every line of the log.
    public let requestID: String
    /// The network address of the client, for limits; empty where there is none, as in tests.
    public let address: String
    private let channel: any Channel
    private let transfer = Transfer()

    /// Whether the transfer of the request's body is over.
    private final class Transfer: Sendable {
        private let over = Atomic(false)

        var isOver: Bool {
            get { over.load(ordering: .acquiring) }
            set { over.store(newValue, ordering: .releasing) }
        }
    }

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        // The server put its id of the request into the logger's metadata: answers and log lines name the same one.
        requestID =
            source.logger[metadataKey: "hb.request.id"]?.description ?? Identifier<RequestScope>().description
        channel = source.channel
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// The request's body. A client that waits for `100 Continue` gets it now.
    func body(of request: Request) -> RequestBody {
        if request.headers[.expect] != nil { channel.triggerUserOutboundEvent(BodyWanted(), promise: nil) }
        return request.body
    }

    /// Sends an informational response ahead of the final one (RFC 9110, section 15.2).
    func inform(_ response: HTTPResponse) {
        channel.triggerUserOutboundEvent(Interim(response: response), promise: nil)
    }

    /// Ends the connection, unless the request was answered already: for a transfer that a newer request has taken the
    /// place of.
    var endTransfer: @Sendable () -> Void {
        // Requests are handled on their connection's event loop, so that nothing comes in between.
        { [channel, transfer] in
            channel.eventLoop.execute { if !transfer.isOver { channel.close(promise: nil) } }
        }
    }

    /// Says that the request is about to be answered.
    func transferEnded() {
        transfer.isOver = true
    }
}
