import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// HTTP/1.1 whose requests are handled on the thread of their connection's event loop.
///
/// A request then passes from the socket to its handler and back without waking a thread of the cooperative pool, which
/// costs more than most handlers do. What blocks has threads of its own everywhere in this program, so that the loop stays
/// free.
struct EventLoopChannel: ServerChildChannel {
    let base: HTTP1Channel
    let memory = ReceiveMemory()

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let buffer = memory.share(of: channel)
        // One buffer at a time: each connection keeps as many as it may read before it yields, filled or not.
        return channel.setOption(.maxMessagesPerRead, value: 1)
            .flatMap { channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: buffer)) }
            .flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Chooses the size of connections' receive buffers: the first few get large ones, which cost fewer system calls, the more
/// there are, the smaller those of the next.
final class ReceiveMemory: Sendable {
    private let connections = Atomic(0)
    /// What a new connection gets its share of.
    private static let shared = 4 << 20
    private static let buffers = 8 << 10...64 << 10

    /// Bytes of the buffer of a new connection.
    func share(of channel: any Channel) -> Int {
        let count = connections.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in self.connections.subtract(1, ordering: .relaxed) }
        return min(max(Self.shared / count, Self.buffers.lowerBound), Self.buffers.upperBound)
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
