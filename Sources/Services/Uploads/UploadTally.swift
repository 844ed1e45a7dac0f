import Core
import Persistence
import Synchronization

/// What the open uploads hold and have announced, by account and together, and the limits on it.
///
/// Loaded from the rows once; from then on this process knows every change, because it makes them all.
final class UploadTally: Sendable {
    private struct State {
        var uploads: [Upload.ID: (account: Account.ID, bytes: Int64)] = [:]
        var accounts: [Account.ID: (count: Int, bytes: Int64)] = [:]
        var total: Int64 = 0

        mutating func set(_ id: Upload.ID, _ account: Account.ID, to bytes: Int64) {
            let before = uploads.updateValue((account, bytes), forKey: id)
            accounts[account, default: (0, 0)].count += before == nil ? 1 : 0
            accounts[account, default: (0, 0)].bytes += bytes - (before?.bytes ?? 0)
            total += bytes - (before?.bytes ?? 0)
        }

        mutating func remove(_ id: Upload.ID) {
            guard let (account, bytes) = uploads.removeValue(forKey: id) else { return }
            total -= bytes
            accounts[account]?.count -= 1
            accounts[account]?.bytes -= bytes
            if accounts[account]?.count == 0 { accounts[account] = nil }
        }
    }

    private let database: any SQLDatabase
    private let settings: Settings.Uploads
    /// Nil until it is loaded.
    private let state = Mutex<State?>(nil)

    init(database: any SQLDatabase, settings: Settings.Uploads) {
        self.database = database
        self.settings = settings
    }

    /// Makes sure that the rows are counted. Nothing changes before that.
    func load() async throws {
        if state.withLock({ $0 != nil }) { return }
        let rows = try await database.read { try $0.uploads.openShares() }
        state.withLock { state in
            if state != nil { return }
            var loaded = State()
            for row in rows { loaded.set(row.id, row.account, to: row.bytes) }
            state = loaded
        }
    }

    /// Notes what the upload holds or is going to hold.
    /// - Throws: ``VoiceNoteError/Code/tooManyUploads`` for the account, ``VoiceNoteError/Code/storageFull`` for all; nothing
    ///   is noted then. Less than before is always possible.
    func set(_ upload: Upload, to bytes: Int64) throws(VoiceNoteError) {
        let refusal: VoiceNoteError? = state.withLock { state in
            let before = state?.uploads[upload.id]
            let more = bytes - (before?.bytes ?? 0)
            let own = state?.accounts[upload.account] ?? (0, 0)
            if before == nil, own.count >= settings.mostPerAccount { return tooMany }
            if more > 0, own.bytes + more > settings.accountBytes { return tooMuch }
            if more > 0, (state?.total ?? 0) + more > settings.totalBytes { return Ingest.storageFull }
            state?.set(upload.id, upload.account, to: bytes)
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Notes that the upload has ended.
    func remove(_ id: Upload.ID) {
        state.withLock { $0?.remove(id) }
    }

    private var tooMany: VoiceNoteError {
        VoiceNoteError(
            .tooManyUploads,
            "An account may have \(settings.mostPerAccount) open uploads; complete or delete one first.",
            retryAfter: .seconds(60))
    }

    private var tooMuch: VoiceNoteError {
        VoiceNoteError(
            .tooManyUploads,
            "The open uploads of an account may have \(settings.accountBytes) bytes; complete or delete one first.",
            retryAfter: .seconds(60))
    }
}

extension Upload {
    /// Bytes that the limits count: what is there, or what was announced.
    var share: Int64 { max(offset, length ?? 0) }
}
