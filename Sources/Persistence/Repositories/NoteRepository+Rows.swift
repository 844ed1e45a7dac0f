import Core

extension NoteRepository {
    /// A note with everything that a client sees of it, in one query: the kinds of renditions are few and known.
    static let select = """
        SELECT n.*, r.sha256, r.mime_type, r.file_name, r.recovered, r.report, r.progress, b.size, p.verified_at,
        COALESCE((
            SELECT MAX(\(syncRank)) FROM replicas x WHERE x.sha256 = r.sha256 AND x.store <> 'local' AND x.wanted = 1
        ), 0) AS sync,
        l.sha256 AS listen_sha256, l.mime_type AS listen_mime_type, l.codec AS listen_codec, lb.size AS listen_size,
        w.sha256 AS waveform_sha256, w.mime_type AS waveform_mime_type, w.codec AS waveform_codec,
        wb.size AS waveform_size,
        m.sha256 AS repaired_sha256, m.mime_type AS repaired_mime_type, m.codec AS repaired_codec,
        mb.size AS repaired_size
        FROM notes n
        JOIN recordings r ON r.id = n.recording_id
        JOIN blobs b ON b.sha256 = r.sha256
        LEFT JOIN replicas p ON p.sha256 = r.sha256 AND p.store = 'local' AND p.state = 'verified'
        LEFT JOIN renditions l ON l.recording_id = r.id AND l.kind = 'listen'
        LEFT JOIN blobs lb ON lb.sha256 = l.sha256
        LEFT JOIN renditions w ON w.recording_id = r.id AND w.kind = 'waveform'
        LEFT JOIN blobs wb ON wb.sha256 = w.sha256
        LEFT JOIN renditions m ON m.recording_id = r.id AND m.kind = 'repaired'
        LEFT JOIN blobs mb ON mb.sha256 = m.sha256
        """

    /// How far a replica is, so that the largest number of several says how far they are together.
    static let syncRank = "CASE WHEN x.state = 'verified' THEN 1 WHEN x.error IS NOT NULL THEN 3 ELSE 2 END"

    private static let syncStates: [SyncState] = [.none, .synced, .pending, .failed]

    /// The number of ``syncRank``.
    static func rank(of sync: SyncState) -> Int { syncStates.firstIndex(of: sync) ?? 0 }

    static func note(_ row: SQLRow) throws -> Note {
        let tags = try row.text("tags")
        return Note(
            id: try row.id("id"), account: try row.id("account_id"), title: try row.text("title"),
            text: try row.text("text"),
            tags: tags.isEmpty ? [] : tags.unicodeScalars.split(separator: ",").map(String.init),
            folder: try row.optionalText("folder"), archived: try row.truth("archived"),
            pinned: try row.truth("pinned"), state: try row.choice("state"), reason: try row.optionalText("reason"),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"),
            trashedAt: try row.optionalTime("trashed_at"), version: try row.integer("version"),
            urlEpoch: try row.integer("url_epoch"), recording: try recording(row))
    }

    private static func recording(_ row: SQLRow) throws -> Recording {
        Recording(
            id: try row.id("recording_id"),
            blob: Blob(
                sha256: try row.digest("sha256"), size: try row.integer("size"), mimeType: try row.text("mime_type")),
            fileName: try row.optionalText("file_name"), isRecovered: try row.truth("recovered"),
            report: try row.optionalText("report").map { try JSONColumn.decode(AudioReport.self, from: $0) },
            progress: try row.real("progress"), sync: syncStates[min(3, max(0, Int(try row.integer("sync"))))],
            verifiedAt: try row.optionalTime("verified_at"),
            renditions: try Rendition.Kind.allCases.compactMap { try rendition($0, row) })
    }

    private static func rendition(_ kind: Rendition.Kind, _ row: SQLRow) throws -> Rendition? {
        guard try row.optionalText("\(kind.rawValue)_sha256") != nil else { return nil }
        return Rendition(
            kind: kind,
            blob: Blob(
                sha256: try row.digest("\(kind.rawValue)_sha256"), size: try row.integer("\(kind.rawValue)_size"),
                mimeType: try row.text("\(kind.rawValue)_mime_type")),
            codec: try row.optionalText("\(kind.rawValue)_codec"))
    }
}
