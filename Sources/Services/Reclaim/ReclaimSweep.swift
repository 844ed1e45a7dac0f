public import Logging
public import ServiceLifecycle

/// Runs ``Reclaim`` again and again.
public struct ReclaimSweep: Service {
    private let reclaim: Reclaim
    private let interval: Duration
    private let logger: Logger

    public init(reclaim: Reclaim, interval: Duration, logger: Logger) {
        self.reclaim = reclaim
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // First a while of peace: what a start has to do is more urgent.
                try? await Task.sleep(for: interval)
                if Task.isCancelled { return }
                do {
                    let summary = try await reclaim.run()
                    if summary.removed + summary.kept > 0 {
                        logger.info("reclaimed", metadata: ["summary": "\(summary)"])
                    }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("nothing could be reclaimed", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
