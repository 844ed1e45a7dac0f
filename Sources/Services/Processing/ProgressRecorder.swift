import Core
import Persistence
import Synchronization

/// Pushes progress to open pages, and stores it now and then so that a list shows it too.
final class ProgressRecorder: Sendable {
    private let note: Note
    private let database: any SQLDatabase
    private let events: EventHub
    private let stored = Mutex((progress: 0.0, at: Timestamp.now()))

    init(note: Note, database: any SQLDatabase, events: EventHub) {
        self.note = note
        self.database = database
        self.events = events
    }

    /// Called from the worker's thread, about ten times a second at most.
    func report(_ progress: Double) {
        let progress = min(max(progress, 0), 1)
        events.publish(.progress(note.id, stage: .processing, progress), to: note.account)
        let now = Timestamp.now()
        // Two seconds between writes: short notes are through before one is worth it.
        let isDue = stored.withLock { stored in
            guard now - stored.at >= .seconds(2), progress > stored.progress else { return false }
            stored = (progress, now)
            return true
        }
        guard isDue else { return }
        Task { [database, note] in
            // Progress is a courtesy: the end of the job writes what counts.
            try? await database.write(.relaxed) { connection in
                try connection.recordings.setProgress(progress, of: note.recording.id)
            }
        }
    }
}
