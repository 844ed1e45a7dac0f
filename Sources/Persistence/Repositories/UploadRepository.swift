public import Core

/// The table `uploads`.
public struct UploadRepository {
    let connection: any SQLConnection

    public func insert(_ upload: Upload) throws {
        try connection.execute(
            """
            INSERT INTO uploads (id, account_id, kind, state, live, ends_by_length, received, length, metadata, parts, title, tags,
            folder, file_name, mime_type, announced, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """,
            [
                .id(upload.id), .id(upload.account), .text(upload.kind.rawValue), .text(upload.state.rawValue),
                .truth(upload.isLive), .truth(upload.endsByLength), .integer(upload.offset),
                .optionalInteger(upload.length),
                .optionalText(upload.metadata), .optionalText(upload.parts), .text(upload.draft.title),
                .tags(upload.draft.tags), .optionalText(upload.draft.folder), .optionalText(upload.draft.fileName),
                .text(upload.draft.mimeType), .optionalText(upload.draft.announced?.description),
                .time(upload.createdAt), .time(upload.updatedAt),
            ])
    }

    /// The account's upload; nil when there is none or it is another's.
    public func find(_ id: Upload.ID, of account: Account.ID) throws -> Upload? {
        try connection.first("SELECT * FROM uploads WHERE id = $1 AND account_id = $2", [.id(id), .id(account)])
            .map(Self.upload)
    }

    public func find(_ id: Upload.ID) throws -> Upload? {
        try connection.first("SELECT * FROM uploads WHERE id = $1", [.id(id)]).map(Self.upload)
    }

    /// Records what is on disk of an open upload. False when it is not open any more.
    public func advance(_ id: Upload.ID, to offset: Int64, length: Int64?, at time: Timestamp) throws -> Bool {
        try connection.execute(
            """
            UPDATE uploads SET received = $2, length = $3, updated_at = $4
            WHERE id = $1 AND state = 'open' AND received <= $2
            """, [.id(id), .integer(offset), .optionalInteger(length), .time(time)]) == 1
    }

    /// Notes what an open upload became. False when it is not open any more.
    public func complete(_ id: Upload.ID, as note: Note.ID, _ receipt: Receipt, at time: Timestamp) throws -> Bool {
        try connection.execute(
            """
            UPDATE uploads SET state = 'complete', received = $2, length = $2, note_id = $3, sha256 = $4,
            updated_at = $5 WHERE id = $1 AND state = 'open'
            """, [.id(id), .integer(receipt.size), .id(note), .digest(receipt.sha256), .time(time)]) == 1
    }

    /// Ends an open upload that became nothing. False when it is not open any more.
    public func abandon(_ id: Upload.ID, at time: Timestamp) throws -> Bool {
        try connection.execute(
            "UPDATE uploads SET state = 'gone', metadata = NULL, parts = NULL, updated_at = $2 WHERE id = $1 AND state = 'open'",
            [.id(id), .time(time)]) == 1
    }

    /// The account's open uploads, newest first; only those announced with the digest, where one is given.
    public func open(of account: Account.ID, announced: SHA256Hash?, limit: Int) throws -> [Upload] {
        var arguments: [SQLValue] = [.id(account), .integer(Int64(limit))]
        var condition = ""
        if let announced {
            arguments.append(.digest(announced))
            condition = "AND announced = $3"
        }
        return try connection.query(
            """
            SELECT * FROM uploads WHERE state = 'open' AND account_id = $1 \(condition) ORDER BY id DESC LIMIT $2
            """, arguments
        ).map(Self.upload)
    }

    /// The ids of all open uploads.
    public func openIDs() throws -> Set<Upload.ID> {
        Set(try connection.query("SELECT id FROM uploads WHERE state = 'open'").map { try $0.id("id") })
    }

    /// What each open upload holds or has announced, in bytes.
    public func openShares() throws -> [(id: Upload.ID, account: Account.ID, bytes: Int64)] {
        try connection.query("SELECT id, account_id, received, length FROM uploads WHERE state = 'open'").map { row in
            let (received, length) = (try row.integer("received"), try row.optionalInteger("length") ?? 0)
            return (try row.id("id"), try row.id("account_id"), max(received, length))
        }
    }

    /// Notes that a client was heard of.
    public func touch(_ id: Upload.ID, at time: Timestamp) throws {
        try connection.execute(
            "UPDATE uploads SET updated_at = $2 WHERE id = $1 AND state = 'open' AND updated_at < $2",
            [.id(id), .time(time)])
    }

    /// How many uploads are open, and how many bytes they hold or have announced; of one account, or of all.
    public func openTotals(of account: Account.ID? = nil) throws -> (count: Int, bytes: Int64) {
        let row = try connection.first(
            """
            SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN length > received THEN length ELSE received END), 0) AS bytes
            FROM uploads WHERE state = 'open' \(account == nil ? "" : "AND account_id = $1")
            """, account.map { [.id($0)] } ?? [])
        return (Int(try row?.integer("n") ?? 0), try row?.integer("bytes") ?? 0)
    }

    /// Open uploads that were not touched since `time`, or whose bytes are all there; oldest first.
    public func overdue(live: Bool, since time: Timestamp, limit: Int) throws -> [Upload] {
        try connection.query(
            """
            SELECT * FROM uploads WHERE state = 'open' AND live = $1
            AND (updated_at < $2 OR (kind = 'whole' AND received = length AND ends_by_length = 1)) ORDER BY updated_at LIMIT $3
            """, [.truth(live), .time(time), .integer(Int64(limit))]
        ).map(Self.upload)
    }

    /// Forgets ended uploads that were not touched since `time`. How many it was.
    public func forget(endedBefore time: Timestamp) throws -> Int {
        try connection.execute(
            "DELETE FROM uploads WHERE state <> 'open' AND updated_at < $1", [.time(time)])
    }

    private static func upload(_ row: SQLRow) throws -> Upload {
        let tags = try row.text("tags")
        let offset = try row.integer("received")
        return Upload(
            id: try row.id("id"), account: try row.id("account_id"), kind: try row.choice("kind"),
            state: try row.choice("state"), isLive: try row.truth("live"),
            endsByLength: try row.truth("ends_by_length"),
            draft: NoteDraft(
                title: try row.text("title"),
                tags: tags.isEmpty ? [] : tags.unicodeScalars.split(separator: ",").map(String.init),
                folder: try row.optionalText("folder"), fileName: try row.optionalText("file_name"),
                mimeType: try row.text("mime_type"),
                announced: try row.optionalText("announced") == nil ? nil : row.digest("announced")),
            metadata: try row.optionalText("metadata"), parts: try row.optionalText("parts"), offset: offset,
            length: try row.optionalInteger("length"),
            note: try row.optionalText("note_id") == nil ? nil : row.id("note_id"),
            receipt: try row.optionalText("sha256") == nil
                ? nil : Receipt(sha256: try row.digest("sha256"), size: offset),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"))
    }
}
