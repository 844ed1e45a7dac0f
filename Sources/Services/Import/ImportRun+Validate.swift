import Blobs
import Core
import Persistence

extension ImportRun {
    /// Compares everything that the account should have now with what the source says and with what is on disk.
    /// - Throws: when something that this import stored is not there; then nothing of it can be relied on.
    mutating func validate() async throws {
        var sound: [SHA256Hash: Bool] = [:]
        for (number, entry) in held.enumerated() {
            if number % 100 == 0 { tell(.progress(.validate, done: number, of: held.count)) }
            guard let note = try await note(of: entry) else {
                find(.problem, entry.item.name, "Its note is not there any more.")
                continue
            }
            let blob = note.recording.blob
            let isSound: Bool
            if let known = sound[blob.sha256] { isSound = known } else { isSound = try await isOnDisk(blob) }
            sound[blob.sha256] = isSound
            guard isSound, entry.digest == nil || entry.digest == blob.sha256 else {
                try damaged(entry, note)
                continue
            }
            compare(note, with: entry.item)
        }
        tell(.progress(.validate, done: held.count, of: held.count))
        guard held.count + summary.leftOut + deletedSince == listing.items.count else {
            throw VoiceNoteError(.internalError, "Not every recording of the source is accounted for.")
        }
    }

    private func note(of entry: Held) async throws -> Note? {
        try await database.read { [account = record.account] in try $0.notes.find(entry.note, of: account) }
    }

    /// Whether the blob can be read again with every byte, or is verified in another store.
    private func isOnDisk(_ blob: Blob) async throws -> Bool {
        let path = store.folder.blob(blob.sha256)
        if try await store.blocking({ SourceFile.holds(blob.sha256, at: path) }) { return true }
        guard !store.isPresent(blob.sha256) else { return false }
        return try await !database.read { try $0.replicas.verifiedElsewhere(blob.sha256, than: LocalStore.name) }
            .isEmpty
    }

    private mutating func damaged(_ entry: Held, _ note: Note) throws {
        let name = ImportText.printable(entry.item.name)
        guard !entry.isOwn else {
            throw VoiceNoteError(.internalError, "What was stored of \(name) is not what was read.")
        }
        find(.problem, entry.item.name, "The note \(note.id) should have the same content, but its file is damaged.")
    }

    /// What the source says of the recording against what analysis found.
    private mutating func compare(_ note: Note, with item: ImportItem) {
        let (blob, expected) = (note.recording.blob, item.expected)
        if let sha256 = expected.sha256, sha256 != blob.sha256 {
            find(.problem, item.name, "Its SHA-256 is \(blob.sha256), but the source noted \(sha256).")
        }
        if let size = expected.size, size != blob.size {
            let weight: ImportFinding.Weight = expected.sha256 == blob.sha256 ? .remark : .problem
            find(weight, item.name, "It has \(blob.size) bytes, but the source noted \(size).")
        }
        if note.state == .failed {
            find(.problem, item.name, "It was stored, but could not be analysed: \(note.reason ?? "nobody knows why")")
        }
        guard let noted = expected.duration?.wholeMilliseconds, let found = note.recording.report?.durationMs else {
            return
        }
        if abs(noted - found) > Self.tolerance.wholeMilliseconds {
            let text = "It is \(Self.seconds(found)) long, but the source noted \(Self.seconds(noted))."
            find(.problem, item.name, text)
        }
    }

    /// How far a duration that was noted may be off: players round.
    private static let tolerance = Duration.milliseconds(500)

    private static func seconds(_ milliseconds: Int64) -> String {
        let fraction = milliseconds % 1000 / 100
        return "\(milliseconds / 1000).\(fraction) s"
    }
}
