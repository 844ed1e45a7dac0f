import Core
public import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The HTTP server around the routes: connections with deadlines, bounded headers, and a word when it listens.
public enum Server {
    private static let acceptedTogether: UInt = 256

    public static func application(
        _ dependencies: Dependencies, onRunning: @escaping @Sendable (Int) async -> Void
    ) throws -> Application<RouterResponder<RequestScope>> {
        let settings = dependencies.settings.server
        var deadlines = RequestDeadlines()
        deadlines.header = settings.headerTimeout
        deadlines.idle = settings.idleTimeout
        deadlines.minimumBodyBytesPerSecond = max(1, settings.minimumBodyRate)
        // A form is a little larger than the file in it.
        let handlers = ConnectionHandlers(
            maximumBodyBytes: dependencies.settings.limits.largestFile + 1_000_000, deadlines: deadlines)
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = 16 * 1024
        decoder.maxHeaderListSize = 32 * 1024
        decoder.maxHeaderFieldCount = 100
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: handlers.make(), httpDecoderConfiguration: decoder)
        return Application(
            router: try Routes.router(dependencies),
            server: HTTPServerBuilder { responder in
                EventLoopChannel(base: HTTP1Channel(responder: responder, configuration: configuration))
            },
            configuration: .init(
                address: .hostname(settings.host, port: settings.port), serverName: "VoiceNote", backlog: 1024),
            onServerRunning: { channel in
                // Otherwise a thousand clients that come at once are let in by fours, each time the loop comes round.
                try? await channel.setOption(.maxMessagesPerRead, value: Self.acceptedTogether).get()
                await onRunning(channel.localAddress?.port ?? settings.port)
            },
            logger: dependencies.logger)
    }
}
