public import Core
public import Logging
import Persistence
public import ServiceLifecycle
import Synchronization

/// Completes live recordings that fell silent, and uploads whose last step failed; deletes uploads that nobody goes on
/// with.
public struct UploadSweep: Service {
    private let uploads: Uploads
    private let settings: Settings.Uploads
    private let logger: Logger
    /// How long ended uploads are remembered, so that a late client learns what became of them.
    private static let memory = Duration.seconds(7 * 86_400)
    private static let batch = 1000

    public init(uploads: Uploads, settings: Settings.Uploads, logger: Logger) {
        self.uploads = uploads
        self.settings = settings
        self.logger = logger
    }

    public func run() async throws {
        // While the server was away, or the machine asleep, no client could be heard of.
        let awake = Wakefulness()
        let pause = min(.seconds(60), min(settings.liveQuiet, settings.expiry) / 4)
        await cancelWhenGracefulShutdown {
            do {
                try await uploads.completeLinked()
            } catch {
                logger.error("uploads could not be completed", metadata: ["error": "\(error)"])
            }
            while !Task.isCancelled {
                do {
                    try await sweep(at: .now(), awakeSince: awake.since())
                } catch {
                    logger.error("uploads could not be swept", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    func sweep(at now: Timestamp, awakeSince start: Timestamp = Timestamp(milliseconds: 0)) async throws {
        func limit(_ patience: Duration) -> Timestamp {
            start + patience <= now ? now - patience : Timestamp(milliseconds: 0)
        }
        try await each(live: true, since: limit(settings.liveQuiet)) { upload in
            if upload.offset == 0 { return try await uploads.abandon(upload) }
            try await complete(upload, isRecovered: !upload.hasAllBytes)
        }
        try await each(live: false, since: limit(settings.expiry)) { upload in
            if upload.kind == .whole, upload.hasAllBytes {
                try await complete(upload, isRecovered: false)
            } else {
                try await uploads.abandon(upload)
                logger.info("an upload has expired", metadata: ["upload": "\(upload.id)", "bytes": "\(upload.offset)"])
            }
        }
        _ = try await uploads.database.write(.relaxed) { try $0.uploads.forget(endedBefore: now - Self.memory) }
    }

    /// Visits every upload that is due, unless somebody is at work on it.
    private func each(
        live: Bool, since time: Timestamp, _ body: @Sendable (Upload) async throws -> Void
    ) async throws {
        let due = try await uploads.database.read {
            try $0.uploads.overdue(live: live, since: time, limit: Self.batch)
        }
        for upload in due {
            if Task.isCancelled { return }
            do {
                try await uploads.locks.withFreeLock(upload.id) {
                    let now = try await uploads.database.read { try $0.uploads.find(upload.id) }
                    if let now, now.state == .open, now.updatedAt == upload.updatedAt { try await body(now) }
                }
            } catch {
                logger.error(
                    "an upload could not be ended", metadata: ["upload": "\(upload.id)", "error": "\(error)"])
            }
        }
    }

    private func complete(_ upload: Upload, isRecovered: Bool) async throws {
        let (prepared, point) = try await uploads.prepare(upload)
        guard let point, prepared.state == .open else { return }
        let done = try await uploads.finish(prepared, from: point, isRecovered: isRecovered)
        logger.notice(
            "completed an upload that its client left",
            metadata: ["upload": "\(upload.id)", "note": "\(done.note?.description ?? "")", "bytes": "\(done.offset)"])
    }
}

/// Since when the process has been running without a gap: the wall clock goes on while a machine sleeps, and jumps when it
/// is set.
private final class Wakefulness: Sendable {
    private struct State {
        var start = Timestamp.now()
        var wall = Timestamp.now()
        var running = SuspendingClock.now
    }

    private let state = Mutex(State())
    /// What clocks may differ by.
    private static let tolerance = Duration.seconds(10)

    func since() -> Timestamp {
        state.withLock { state in
            let (wall, running) = (Timestamp.now(), SuspendingClock.now)
            if wall - state.wall > running - state.running + Self.tolerance { state.start = wall }
            (state.wall, state.running) = (wall, running)
            return state.start
        }
    }
}
