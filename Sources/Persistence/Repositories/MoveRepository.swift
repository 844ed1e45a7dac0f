public import Core

/// The table `moves`.
public struct MoveRepository {
    let connection: any SQLConnection

    public func insert(_ move: Move) throws {
        try connection.execute(
            """
            INSERT INTO moves (id, store, step, is_active, done, total, error, created_at, updated_at, bytes_done,
            bytes_total) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                .id(move.id), .text(move.store), .text(move.step.rawValue), .truth(!move.step.isEnd),
                .integer(move.done), .integer(move.total), .optionalText(move.error), .time(move.createdAt),
                .time(move.updatedAt), .integer(move.bytesDone), .integer(move.bytesTotal),
            ])
    }

    /// Writes where the move stands, if it still stands at the step: a person may have asked for it to be taken back.
    public func update(_ move: Move, from step: Move.Step) throws -> Bool {
        try connection.execute(
            """
            UPDATE moves SET step = $3, is_active = $4, done = $5, total = $6, error = $7, updated_at = $8,
            bytes_done = $9, bytes_total = $10
            WHERE id = $1 AND step = $2
            """,
            [
                .id(move.id), .text(step.rawValue), .text(move.step.rawValue), .truth(!move.step.isEnd),
                .integer(move.done), .integer(move.total), .optionalText(move.error), .time(move.updatedAt),
                .integer(move.bytesDone), .integer(move.bytesTotal),
            ]) == 1
    }

    /// The move that is under way.
    public func active() throws -> Move? {
        try connection.first("SELECT * FROM moves WHERE is_active = 1 ORDER BY id DESC LIMIT 1", []).map(Self.move)
    }

    /// The latest one, whatever became of it.
    public func latest() throws -> Move? {
        try connection.first("SELECT * FROM moves ORDER BY id DESC LIMIT 1", []).map(Self.move)
    }

    private static func move(_ row: SQLRow) throws -> Move {
        Move(
            id: try row.id("id"), store: try row.text("store"), step: try row.choice("step"),
            done: try row.integer("done"), total: try row.integer("total"),
            bytesDone: try row.integer("bytes_done"), bytesTotal: try row.integer("bytes_total"),
            error: try row.optionalText("error"),
            createdAt: try row.time("created_at"), updatedAt: try row.time("updated_at"))
    }
}
