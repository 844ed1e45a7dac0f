public import Core
public import Persistence

/// Edits of notes: versions of what is heard. A source is never touched.
///
/// Every change names the version that it was made from, and makes another one. Whoever changes what has changed since
/// gets ``EditConflict`` with both.
public final class Edits: Sendable {
    private let database: any SQLDatabase
    /// How many versions are listed at once.
    public static let limits = 1...100

    public init(database: any SQLDatabase) {
        self.database = database
    }

    /// What is heard of a note.
    public struct State: Sendable, Hashable {
        /// The version that is heard; nil for a note that was never edited.
        public let head: EditVersion?
        /// What is heard: the head's list, or the whole recording.
        public let list: EditList
        public let canUndo: Bool
        public let canRedo: Bool
        /// Versions in all.
        public let count: Int
    }

    /// What is to be done.
    public enum Change: Sendable, Hashable {
        /// One operation after the other.
        case operations([EditOperation])
        /// The whole list anew.
        case list(EditList)
        case undo
        case redo
        /// A new version that equals an old one.
        case restore(EditVersion.ID)
    }

    /// How many operations one change may have.
    public static let mostOperations = 1000

    /// What is heard of the note.
    public func state(of note: Note.ID, account: Account.ID) async throws -> State {
        try await database.read { connection in
            try Self.state(of: try Self.note(note, account, connection), connection)
        }
    }

    /// Versions with a number below `before`, newest first.
    public func versions(
        of note: Note.ID, account: Account.ID, before number: Int?, limit: Int
    ) async throws -> [EditRepository.Entry] {
        try await database.read { connection in
            _ = try Self.note(note, account, connection)
            return try connection.edits.list(of: note, before: number ?? .max, limit: limit)
        }
    }

    public func version(_ id: EditVersion.ID, of note: Note.ID, account: Account.ID) async throws -> EditVersion {
        try await database.read { connection in
            _ = try Self.note(note, account, connection)
            return try Self.version(id, of: note, connection)
        }
    }

    /// Which state of an edit is meant.
    public enum Choice: Sendable, Hashable {
        /// What is heard now, also of a note that was never edited.
        case head
        case version(EditVersion.ID)
    }

    /// A state of an edit that can be heard.
    public struct Hearing: Sendable {
        public let note: Note
        /// nil for the whole recording of a note that was never edited.
        public let version: EditVersion.ID?
        public let list: EditList
    }

    /// What the choice means for the account's note.
    public func hearing(_ choice: Choice, of note: Note.ID, account: Account.ID) async throws -> Hearing {
        try await database.read { connection in
            let note = try Self.note(note, account, connection)
            return try Self.hearing(choice, of: note, connection)
        }
    }

    static func hearing(_ choice: Choice, of note: Note, _ connection: any SQLConnection) throws -> Hearing {
        let id: EditVersion.ID?
        switch choice {
        case .head: id = try connection.edits.position(of: note.id)?.head
        case .version(let version): id = version
        }
        return Hearing(note: note, version: id, list: try list(of: id, note, connection))
    }

    /// The list of a version; the whole recording without one.
    static func list(of version: EditVersion.ID?, _ note: Note, _ connection: any SQLConnection) throws -> EditList {
        try version.map { try Self.version($0, of: note.id, connection).list } ?? whole(note)
    }

    /// Names a version, or takes its name away.
    public func rename(
        _ id: EditVersion.ID, to name: String?, of note: Note.ID, account: Account.ID
    ) async throws -> EditVersion {
        let name = try Self.checked(name)
        return try await database.write { connection in
            _ = try Self.note(note, account, connection)
            guard try connection.edits.setName(name, of: id, note: note) else {
                throw VoiceNoteError.notFound("version")
            }
            return try Self.version(id, of: note, connection)
        }
    }

    /// Makes the change, and what is heard then.
    /// - Parameters:
    ///   - base: the version that the change was made from; nil where the note was never edited.
    ///   - name: of the version that comes of it.
    /// - Throws: ``EditConflict`` when another version is heard by now, ``VoiceNoteError`` for what is not possible.
    public func change(
        _ note: Note.ID, account: Account.ID, from base: EditVersion.ID?, _ change: Change, name: String? = nil
    ) async throws -> State {
        let name = try Self.checked(name)
        if case .operations(let operations) = change {
            guard (1...Self.mostOperations).contains(operations.count) else { throw Self.tooManyOperations }
        }
        do {
            return try await database.write { connection in
                let note = try Self.note(note, account, connection)
                let maker = EditMaker(connection: connection, note: note, account: account)
                return try maker.make(change, from: base, name: name)
            }
        } catch let error as EditError {
            throw VoiceNoteError(error)
        }
    }

    private static func checked(_ name: String?) throws -> String? {
        guard let name else { return nil }
        var validation = Validation()
        let checked = validation.check("name") { () throws(InvalidValue) in try EditVersion.nameRule.apply(name) }
        try validation.finish()
        return checked
    }

    public static let tooManyOperations = VoiceNoteError(
        .validationFailed, "Please correct: operations.",
        fields: [FieldError(field: "operations", message: "From 1 to \(mostOperations) operations.")])

    /// What the notes of the recordings are called.
    public func titles(of recordings: [Recording.ID], account: Account.ID) async throws -> [Recording.ID: String] {
        try await database.read { connection in
            var titles: [Recording.ID: String] = [:]
            for recording in recordings {
                guard let note = try connection.notes.find(recording: recording), note.account == account else {
                    continue
                }
                titles[recording] = note.title
            }
            return titles
        }
    }

    static func note(_ id: Note.ID, _ account: Account.ID, _ connection: any SQLConnection) throws -> Note {
        guard let note = try connection.notes.find(id, of: account) else { throw VoiceNoteError.notFound("note") }
        return note
    }

    static func version(
        _ id: EditVersion.ID, of note: Note.ID, _ connection: any SQLConnection
    ) throws -> EditVersion {
        guard let version = try connection.edits.find(id, of: note) else { throw VoiceNoteError.notFound("version") }
        return version
    }

    static func state(of note: Note, _ connection: any SQLConnection) throws -> State {
        guard let position = try connection.edits.position(of: note.id) else {
            return State(head: nil, list: try whole(note), canUndo: false, canRedo: false, count: 0)
        }
        let head = try version(position.head, of: note.id, connection)
        return State(
            head: head, list: head.list, canUndo: head.parent != nil, canRedo: !position.redoStack.isEmpty,
            count: try connection.edits.count(of: note.id))
    }

    /// The whole recording as an edit.
    static func whole(_ note: Note) throws -> EditList {
        guard let report = note.recording.report else {
            throw VoiceNoteError(
                .notReady, "The recording is not analysed yet, or cannot be read; edit it once it is ready.")
        }
        do {
            return try EditList(
                whole: EditSource(recording: note.recording.id, length: report.totalSamples),
                sampleRate: report.sampleRate)
        } catch {
            throw VoiceNoteError(error)
        }
    }
}

/// The edit has changed since the version that a change was made from.
public struct EditConflict: Error, Sendable, Hashable {
    /// The version that is heard by now; nil when there is none.
    public let head: EditVersion?
    /// What the change would have made of the version that it was made from; nil where that is not there.
    public let yours: EditList?
}
