public import Core
public import Logging
public import ServiceLifecycle

/// Re-reads a twenty-fourth of the day's bytes of each store every hour.
public struct ScrubSweep: Service {
    private let scrub: Scrub
    private let settings: Settings.Scrub
    private let logger: Logger

    public init(scrub: Scrub, settings: Settings.Scrub, logger: Logger) {
        self.scrub = scrub
        self.settings = settings
        self.logger = logger
    }

    public func run() async throws {
        guard settings.dailyBytes > 0 else {
            // A stop in haste cancels it instead.
            return (try? await gracefulShutdown()) ?? ()
        }
        await cancelWhenGracefulShutdown {
            // A start has more urgent things to do first.
            var pause = Duration.seconds(30)
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                pause = .seconds(3600)
                for store in scrub.storeNames where !Task.isCancelled {
                    do {
                        _ = try await scrub.run(store, bytes: max(1, settings.dailyBytes / 24))
                    } catch is CancellationError {
                        return
                    } catch {
                        logger.error("nothing could be re-read", metadata: ["store": "\(store)", "error": "\(error)"])
                    }
                }
            }
        }
    }
}
