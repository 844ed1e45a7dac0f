import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 whose requests are handled on the thread of their connection's event loop.
///
/// A request then passes from the socket to its handler and back without waking a thread of the cooperative pool, which
/// costs more than most handlers do. What blocks has threads of its own everywhere in this program, so that the loop stays
/// free.
struct EventLoopChannel: ServerChildChannel {
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        // One buffer at a time: each connection keeps as many as it may read before it yields, filled or not.
        channel.setOption(.maxMessagesPerRead, value: 1).flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop.
private final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
