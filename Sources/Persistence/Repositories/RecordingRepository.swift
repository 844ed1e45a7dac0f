public import Core

/// The tables `recordings` and `renditions`.
public struct RecordingRepository {
    let connection: any SQLConnection

    /// Inserts a new recording; its blob must be there.
    public func insert(_ recording: Recording, of account: Account.ID, at time: Timestamp) throws {
        try connection.execute(
            """
            INSERT INTO recordings (id, account_id, sha256, mime_type, file_name, recovered, progress, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                .id(recording.id), .id(account), .digest(recording.blob.sha256), .text(recording.blob.mimeType),
                .optionalText(recording.fileName), .truth(recording.isRecovered), .real(recording.progress),
                .time(time),
            ])
    }

    /// Stores what analysis found; the silence map and the seek index apart, because lists do not need them.
    public func setReport(_ report: AudioReport, of recording: Recording.ID) throws {
        var short = report
        short.silence = SilenceMap(items: [])
        short.seekIndex = nil
        try connection.execute(
            """
            UPDATE recordings SET report = $2, silence = $3, mime_type = $4, seek_index = $5, progress = 1 WHERE id = $1
            """,
            [
                .id(recording), try JSONColumn.encode(short), try JSONColumn.encode(report.silence),
                .text(report.mimeType), try report.seekIndex.map { try JSONColumn.encode($0) } ?? .null,
            ])
    }

    /// Places to read on from; nil for recordings that need none, and before analysis.
    public func seekIndex(of recording: Recording.ID) throws -> SeekIndex? {
        try connection.first("SELECT seek_index FROM recordings WHERE id = $1", [.id(recording)])?
            .optionalText("seek_index").map { try JSONColumn.decode(SeekIndex.self, from: $0) }
    }

    /// The silence map; nil before analysis.
    public func silence(of recording: Recording.ID) throws -> SilenceMap? {
        try connection.first("SELECT silence FROM recordings WHERE id = $1", [.id(recording)])?
            .optionalText("silence").map { try JSONColumn.decode(SilenceMap.self, from: $0) }
    }

    public func setProgress(_ progress: Double, of recording: Recording.ID) throws {
        try connection.execute(
            "UPDATE recordings SET progress = $2 WHERE id = $1", [.id(recording), .real(progress)])
    }

    /// Adds or replaces the rendition of its kind; its blob must be there.
    public func setRendition(_ rendition: Rendition, of recording: Recording.ID) throws {
        try connection.execute(
            """
            INSERT INTO renditions (recording_id, kind, sha256, mime_type, codec) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (recording_id, kind) DO UPDATE
            SET sha256 = excluded.sha256, mime_type = excluded.mime_type, codec = excluded.codec
            """,
            [
                .id(recording), .text(rendition.kind.rawValue), .digest(rendition.blob.sha256),
                .text(rendition.blob.mimeType), .optionalText(rendition.codec),
            ])
    }

    /// The blobs that the recording's source, renditions and exports are; a set, because they may be equal.
    public func blobs(of recording: Recording.ID) throws -> Set<SHA256Hash> {
        Set(
            try connection.query(
                """
                SELECT sha256 FROM recordings WHERE id = $1 UNION SELECT sha256 FROM derived_blobs WHERE recording_id = $1
                """, [.id(recording)]
            ).map { try $0.digest("sha256") })
    }

    /// Deletes the rows of the recording and its renditions. The blobs stay.
    public func delete(_ recording: Recording.ID) throws {
        try connection.execute("DELETE FROM recordings WHERE id = $1", [.id(recording)])
    }
}
