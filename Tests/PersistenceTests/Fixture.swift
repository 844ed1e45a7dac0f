import Core
import Dispatch
import Foundation

@testable import Persistence

/// A database in a folder of its own, which goes when the test ends.
final class Fixture: Sendable {
    let folder: String
    let database: SQLiteDatabase

    init(migrated: Bool = true) async throws {
        folder = NSTemporaryDirectory() + "voicenote-sql-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(path: folder + "/db.sqlite")
        if migrated { try await Migrator(database).migrate() }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    var path: String { folder + "/db.sqlite" }

    /// An account with a name that nobody else has.
    func account(_ role: Account.Role = .member) async throws -> Account {
        let now = Timestamp.now()
        let id = Account.ID(at: now)
        let account = Account(
            id: id, email: "\(id)@example.org", name: "Ada", role: role, profile: Account.Profile(), createdAt: now,
            updatedAt: now)
        try await database.write { try $0.accounts.insert(account, passwordHash: "hash of \(id)") }
        return account
    }

    /// How many transactions the write-ahead log holds: frames whose header states the database's size end one
    /// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    func commits() throws -> Int {
        let log = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "-wal")))
        func word(_ offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard log.count > 32 else { return 0 }
        let frame = 24 + word(8)
        return stride(from: 32, through: log.count - frame, by: frame)
            .filter { word($0 + 8) == word(16) && word($0 + 12) == word(20) && word($0 + 4) != 0 }.count
    }
}

extension SQLiteDatabase {
    /// One statement in a transaction of its own.
    func change(_ sql: String, _ arguments: [SQLValue] = []) async throws {
        try await write { _ = try $0.execute(sql, arguments) }
    }
}

/// Something that blocks a database's own thread until it is opened.
final class Gate: Sendable {
    private let reached = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// For bodies of reads and writes.
    func pass() {
        reached.signal()
        opened.wait()
    }

    func open() { opened.signal() }

    /// Returns when somebody stands before the gate.
    func waitUntilReached() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [reached] in
                reached.wait()
                continuation.resume()
            }
        }
    }
}

enum Sample {
    static func digest(_ number: Int) -> SHA256Hash {
        let text = String(number, radix: 16)
        guard let hash = SHA256Hash(String(repeating: "0", count: 64 - text.count) + text) else {
            preconditionFailure("64 digits are a SHA-256")
        }
        return hash
    }

    static func note(
        of account: Account.ID, blob: Int, at time: Timestamp = .now(), title: String = "", text: String = "",
        tags: [String] = [], folder: String? = nil, archived: Bool = false, pinned: Bool = false,
        trashedAt: Timestamp? = nil
    ) -> Note {
        Note(
            id: Note.ID(at: time), account: account, title: title, text: text, tags: tags, folder: folder,
            archived: archived, pinned: pinned, state: .processing, reason: nil, createdAt: time, updatedAt: time,
            trashedAt: trashedAt, version: 1, urlEpoch: 0,
            recording: Recording(
                id: Recording.ID(at: time), blob: Blob(sha256: digest(blob), size: Int64(blob), mimeType: "audio/wav"),
                fileName: "memo.wav", report: nil, progress: 0, verifiedAt: time, renditions: []))
    }

    static func report(silence: [SilenceMap.Item] = []) -> AudioReport {
        AudioReport(
            container: "wav", codec: "pcm_s16le", mimeType: "audio/x-wav", durationMs: 1500, totalSamples: 24_000,
            channels: 1, sampleRate: 16_000, bitDepth: 16, bitRate: 256_000, quality: .low,
            loudness: Loudness(integratedLUFS: -23, rangeLU: nil, truePeakDBTP: -1), silence: SilenceMap(items: silence)
        )
    }
}

extension SQLConnection {
    /// The note with the rows that it needs.
    func insert(_ note: Note) throws {
        let blob = note.recording.blob
        try blobs.recordVerified(blob.sha256, size: blob.size, store: "local", at: note.createdAt)
        try recordings.insert(note.recording, of: note.account, at: note.createdAt)
        try notes.insert(note)
    }

    func number(_ sql: String) throws -> Int64 {
        try first(sql, []).map { row in
            guard case .integer(let number) = row.values[0] else { throw PersistenceError.wrongType(sql) }
            return number
        } ?? 0
    }
}
