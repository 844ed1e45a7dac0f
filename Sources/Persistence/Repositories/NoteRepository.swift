public import Core

/// The tables `notes` and `note_tags`, and the search index. Every call that a person causes names the account, so
/// that another's note is simply not found.
public struct NoteRepository {
    let connection: any SQLConnection

    /// Inserts the note; its recording must be there.
    public func insert(_ note: Note) throws {
        try connection.execute(
            """
            INSERT INTO notes (id, account_id, recording_id, title, text, tags, folder, archived, pinned, state, reason,
            created_at, updated_at, trashed_at, version, url_epoch)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            """,
            [
                .id(note.id), .id(note.account), .id(note.recording.id), .text(note.title), .text(note.text),
                .tags(note.tags), .optionalText(note.folder), .truth(note.archived),
                .truth(note.pinned), .text(note.state.rawValue), .optionalText(note.reason), .time(note.createdAt),
                .time(note.updatedAt), .optionalTime(note.trashedAt), .integer(note.version),
                .integer(note.urlEpoch),
            ])
        try setTags(of: note)
        try connection.dialect.index(note.id, on: connection)
    }

    /// The account's note; nil when there is none or it is another's.
    public func find(_ id: Note.ID, of account: Account.ID) throws -> Note? {
        try connection.first(Self.select + " WHERE n.id = $1 AND n.account_id = $2", [.id(id), .id(account)])
            .map(Self.note)
    }

    /// The note, whoever it belongs to: for signed URLs and for background work.
    public func find(_ id: Note.ID) throws -> Note? {
        try connection.first(Self.select + " WHERE n.id = $1", [.id(id)]).map(Self.note)
    }

    /// The note of a recording, for background work.
    public func find(recording: Recording.ID) throws -> Note? {
        try connection.first(Self.select + " WHERE n.recording_id = $1", [.id(recording)]).map(Self.note)
    }

    /// Notes whose source or rendition the blob is, for background work.
    public func find(blob: SHA256Hash, limit: Int) throws -> [Note] {
        try connection.query(
            Self.select
                + """
                 WHERE r.id IN (SELECT id FROM recordings WHERE sha256 = $1 UNION
                SELECT recording_id FROM derived_blobs WHERE sha256 = $1) LIMIT $2
                """, [.digest(blob), .integer(Int64(limit))]
        ).map(Self.note)
    }

    /// Writes what a person may change, and the state, if the note is still at the version that `before` has; the
    /// note's own version becomes one more. False when somebody else was faster.
    public func update(_ note: Note, from before: Note) throws -> Bool {
        let isReworded = (note.title, note.text) != (before.title, before.text) || note.tags != before.tags
        if isReworded {
            guard try isAt(before.version, note.id) else { return false }
            try connection.dialect.unindex(note.id, on: connection)
        }
        let changed = try connection.execute(
            """
            UPDATE notes SET title = $3, text = $4, tags = $5, folder = $6, archived = $7, pinned = $8, state = $9,
            reason = $10, updated_at = $11, trashed_at = $12, url_epoch = $13, version = version + 1
            WHERE id = $1 AND version = $2
            """,
            [
                .id(note.id), .integer(before.version), .text(note.title), .text(note.text),
                .tags(note.tags), .optionalText(note.folder), .truth(note.archived),
                .truth(note.pinned), .text(note.state.rawValue), .optionalText(note.reason), .time(note.updatedAt),
                .optionalTime(note.trashedAt), .integer(note.urlEpoch),
            ])
        guard changed == 1 else { return false }
        if note.tags != before.tags {
            try connection.execute("DELETE FROM note_tags WHERE note_id = $1", [.id(note.id)])
            try setTags(of: note)
        }
        if isReworded { try connection.dialect.index(note.id, on: connection) }
        return true
    }

    /// Notes the state of a recording's note, and why. False when there is no such note any more.
    public func setState(
        _ state: NoteState, reason: String?, ofRecording recording: Recording.ID, at time: Timestamp
    ) throws -> Bool {
        try connection.execute(
            """
            UPDATE notes SET state = $2, reason = $3, updated_at = $4, version = version + 1 WHERE recording_id = $1
            """, [.id(recording), .text(state.rawValue), .optionalText(reason), .time(time)]) == 1
    }

    /// Deletes the note's own rows; the recording is deleted by its repository.
    public func delete(_ id: Note.ID) throws {
        try connection.dialect.unindex(id, on: connection)
        try connection.execute("DELETE FROM notes WHERE id = $1", [.id(id)])
    }

    private func isAt(_ version: Int64, _ id: Note.ID) throws -> Bool {
        try connection.first(
            "SELECT 1 AS one FROM notes WHERE id = $1 AND version = $2", [.id(id), .integer(version)]) != nil
    }

    /// One page of the account's notes: pinned first, then newest first.
    public func list(_ query: NoteQuery, of account: Account.ID) throws -> Page<Note, NoteCursor> {
        var conditions = ["n.account_id = $1"]
        var arguments: [SQLValue] = [.id(account)]
        func add(_ value: SQLValue, _ condition: (Int) -> String) {
            arguments.append(value)
            conditions.append(condition(arguments.count))
        }
        if query.trashed {
            conditions.append("n.trashed_at IS NOT NULL")
        } else {
            conditions.append("n.trashed_at IS NULL")
            if query.sha256 == nil { add(.truth(query.archived)) { "n.archived = $\($0)" } }
        }
        if let sha256 = query.sha256 { add(.digest(sha256)) { "r.sha256 = $\($0)" } }
        if let sync = query.sync {
            add(.integer(Int64(Self.rank(of: sync)))) { number in
                let place = query.store.map { store in
                    arguments.append(.text(store))
                    return " AND x.store = $\(arguments.count)"
                }
                return """
                    $\(number) = COALESCE((SELECT MAX(\(Self.syncRank)) FROM replicas x WHERE x.sha256 = r.sha256
                    AND x.store <> 'local' AND x.wanted = 1\(place ?? "")), 0)
                    """
            }
        }
        if let folder = query.folder { add(.text(folder)) { "n.folder = $\($0)" } }
        if let tag = query.tag {
            add(.text(tag.lowercased())) { "n.id IN (SELECT note_id FROM note_tags WHERE folded = $\($0))" }
        }
        if let from = query.from { add(.time(from)) { "n.created_at >= $\($0)" } }
        if let to = query.to { add(.time(to)) { "n.created_at < $\($0)" } }
        if let search = query.search {
            let words = NoteQuery.words(of: search)
            if words.isEmpty { return Page(items: [], next: nil) }
            let condition = connection.dialect.searchCondition(words: words, parameter: arguments.count + 1)
            add(condition.argument) { _ in condition.sql }
        }
        if let after = query.after {
            arguments += [.truth(after.pinned), .id(after.id)]
            conditions.append("(n.pinned, n.id) < ($\(arguments.count - 1), $\(arguments.count))")
        }
        arguments.append(.integer(Int64(query.limit) + 1))
        let rows = try connection.query(
            "\(Self.select) WHERE \(conditions.joined(separator: " AND ")) "
                + "ORDER BY n.pinned DESC, n.id DESC LIMIT $\(arguments.count)", arguments)
        let notes = try rows.prefix(query.limit).map(Self.note)
        return Page(items: notes, next: rows.count > query.limit ? notes.last.map(NoteCursor.init(after:)) : nil)
    }

    /// The notes whose time in the trash ended before `time`, oldest first. Those stay of which the edit of another note
    /// takes parts.
    public func trashed(before time: Timestamp, limit: Int) throws -> [Note] {
        try connection.query(
            Self.select
                + """
                 WHERE n.trashed_at < $1 AND NOT EXISTS (
                    SELECT 1 FROM edit_sources s JOIN notes u ON u.id = s.note_id
                    WHERE s.recording_id = n.recording_id AND u.id <> n.id AND u.trashed_at IS NULL
                ) ORDER BY n.trashed_at LIMIT $2
                """,
            [.time(time), .integer(Int64(limit))]
        ).map(Self.note)
    }

    /// How many of the account's notes (outside the trash) carry each tag.
    public func tagCounts(of account: Account.ID) throws -> [(name: String, count: Int)] {
        try connection.query(
            """
            SELECT MIN(t.tag) AS name, COUNT(*) AS n FROM note_tags t JOIN notes n ON n.id = t.note_id
            WHERE n.account_id = $1 AND n.trashed_at IS NULL GROUP BY t.folded ORDER BY n DESC, t.folded LIMIT 1000
            """, [.id(account)]
        ).map { (try $0.text("name"), Int(try $0.integer("n"))) }
    }

    /// How many of the account's notes (outside the trash) are in each folder.
    public func folderCounts(of account: Account.ID) throws -> [(name: String, count: Int)] {
        try connection.query(
            """
            SELECT n.folder AS name, COUNT(*) AS n FROM notes n
            WHERE n.account_id = $1 AND n.trashed_at IS NULL AND n.folder IS NOT NULL
            GROUP BY n.folder ORDER BY n.folder LIMIT 1000
            """, [.id(account)]
        ).map { (try $0.text("name"), Int(try $0.integer("n"))) }
    }

    private func setTags(of note: Note) throws {
        for tag in note.tags {
            try connection.execute(
                "INSERT INTO note_tags (note_id, folded, tag) VALUES ($1, $2, $3)",
                [.id(note.id), .text(tag.lowercased()), .text(tag)])
        }
    }
}
