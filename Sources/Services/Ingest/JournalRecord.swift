import Core
import Foundation
import Persistence

/// What the journal keeps of a note, so that a start can make its rows if they did not get to the disk.
struct JournalRecord: Codable {
    private let note: String
    private let recording: String
    private let account: String
    private let createdAt: Int64
    private let title: String
    private let tags: [String]
    private let folder: String?
    private let fileName: String?
    private let mimeType: String

    init(_ note: Note, _ draft: NoteDraft) {
        self.note = note.id.description
        recording = note.recording.id.description
        account = note.account.description
        createdAt = note.createdAt.milliseconds
        title = draft.title
        tags = draft.tags
        folder = draft.folder
        fileName = draft.fileName
        mimeType = draft.mimeType
    }

    func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }

    init?(_ bytes: [UInt8]) {
        guard let record = try? JSONDecoder().decode(JournalRecord.self, from: Data(bytes)) else { return nil }
        self = record
    }

    /// The note's names, and what is to be recorded.
    var contents: (note: Note.ID, recording: Recording.ID, createdAt: Timestamp, new: Ingest.NewRecording)? {
        guard let note = Note.ID(note), let recording = Recording.ID(recording), let account = Account.ID(account)
        else {
            return nil
        }
        let draft = NoteDraft(title: title, tags: tags, folder: folder, fileName: fileName, mimeType: mimeType)
        return (
            note, recording, Timestamp(milliseconds: createdAt), Ingest.NewRecording(draft: draft, account: account)
        )
    }

    // Entries up to `recorded` have their rows; those up to `retired` have everything in its proper place, on disk.
    private static let recordedFact = "journal.recorded"
    private static let retiredFact = "journal.retired"

    static func setRecorded(_ number: UInt64, in connection: any SQLConnection) throws {
        try connection.facts.set(recordedFact, to: String(number))
    }

    static func setRetired(_ number: UInt64, in connection: any SQLConnection) throws {
        try connection.facts.set(retiredFact, to: String(number))
    }

    static func numbers(in connection: any SQLConnection) throws -> (recorded: UInt64, retired: UInt64) {
        (
            try connection.facts.value(recordedFact).flatMap { UInt64($0) } ?? 0,
            try connection.facts.value(retiredFact).flatMap { UInt64($0) } ?? 0
        )
    }
}
