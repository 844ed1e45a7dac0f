import Core
public import Hummingbird
import Logging
import NIOCore

/// What accompanies one request through middleware and handler.
public struct RequestScope: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// In every answer and in every line of the log.
    public let requestID: String
    /// The network address of the client, for limits; empty where there is none, as in tests.
    public let address: String

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        // The server put its id of the request into the logger's metadata: answers and log lines name the same one.
        requestID =
            source.logger[metadataKey: "hb.request.id"]?.description ?? Identifier<RequestScope>().description
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}
