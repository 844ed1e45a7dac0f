public import Logging
public import ServiceLifecycle

/// Empties the trash of what has been there for longer than the settings say, every hour, and forgets answers that were
/// kept for requests that might come again.
public struct TrashSweep: Service {
    private let notes: Notes
    private let retention: Duration
    private let logger: Logger

    public init(notes: Notes, retention: Duration, logger: Logger) {
        self.notes = notes
        self.retention = retention
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let count = try await notes.emptyTrash(olderThan: retention)
                    if count > 0 { logger.info("trash emptied", metadata: ["notes": "\(count)"]) }
                } catch {
                    logger.error("the trash could not be emptied", metadata: ["error": "\(error)"])
                }
                do {
                    _ = try await notes.forgetAnswers()
                } catch {
                    logger.error("old answers could not be forgotten", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(3600))
            }
        }
    }
}
