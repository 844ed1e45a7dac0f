import Audio
import Blobs
import Core
import Persistence

/// The recordings that an edit takes from, as files.
struct EditSources: Sendable {
    private let database: any SQLDatabase
    private let store: LocalStore
    private let copies: LocalCopies
    private let use: LocalUse

    init(database: any SQLDatabase, store: LocalStore, copies: LocalCopies) {
        self.database = database
        self.store = store
        self.copies = copies
        use = LocalUse(database: database)
    }

    /// What is known of the recordings that are heard.
    struct Found: Sendable {
        /// Path of the source of each.
        let paths: [Recording.ID: String]
        let notes: [Recording.ID: Note]
        let indexes: [Recording.ID: SeekIndex]

        /// As many as the edit has: those of the first recording that is heard, at most 2.
        func channels(of list: EditList) -> Int {
            let first = list.segments.lazy.compactMap(\.source).first
            return min(2, first.flatMap { notes[$0]?.recording.report?.channels } ?? 1)
        }

        func loudness(of recording: Recording.ID) -> Loudness? { notes[recording]?.recording.report?.loudness }
    }

    /// The notes of the recordings that are heard.
    func notes(of list: EditList) async throws -> [Recording.ID: Note] {
        let used = Set(list.segments.compactMap(\.source))
        return try await database.read { connection in
            var notes: [Recording.ID: Note] = [:]
            for recording in used { notes[recording] = try connection.notes.find(recording: recording) }
            return notes
        }
    }

    /// The files of the recordings that are heard, after bringing back those that are only elsewhere.
    /// - Throws: ``LocalCopies/Unavailable`` for one that no store can give just now, and `gone` for one that was
    ///   deleted for good.
    func find(of list: EditList) async throws -> Found {
        let notes = try await notes(of: list)
        var paths: [Recording.ID: String] = [:]
        let missing = try await store.blocking { [store] in
            Set(notes.values.map(\.recording.blob.sha256).filter { !store.isPresent($0) })
        }
        for recording in Set(list.segments.compactMap(\.source)) {
            guard let note = notes[recording] else {
                throw VoiceNoteError(.gone, "A recording that this edit takes parts from was deleted for good.")
            }
            let blob = note.recording.blob
            if missing.contains(blob.sha256) { _ = try await copies.source(blob) } else { use.note(blob.sha256) }
            paths[recording] = store.folder.blob(blob.sha256)
        }
        let indexes = try await database.read { connection in
            var indexes: [Recording.ID: SeekIndex] = [:]
            for recording in notes.keys { indexes[recording] = try connection.recordings.seekIndex(of: recording) }
            return indexes
        }
        return Found(paths: paths, notes: notes, indexes: indexes)
    }
}
