public import Core

/// The table `answers`: what was answered under an account's idempotency keys, so that a request that comes again gets
/// the same answer and is not carried out again. An answer counts while it is not older than a moment that the caller
/// names.
public struct AnswerRepository {
    let connection: any SQLConnection

    /// The digest of the request that came with the key, and the answer to it; nil when there is none since `time`.
    public func find(
        _ key: String, of account: Account.ID, since time: Timestamp
    ) throws -> (request: String, answer: String)? {
        try connection.first(
            """
            SELECT request, answer FROM answers
            WHERE account_id = $1 AND idempotency_key = $2 AND created_at >= $3
            """, [.id(account), .text(key), .time(time)]
        ).map { (try $0.text("request"), try $0.text("answer")) }
    }

    /// Keeps the answer. False when the key has one since `expiry` already, which then stays.
    public func insert(
        _ key: String, of account: Account.ID, request: String, answer: String, at time: Timestamp,
        replacingBefore expiry: Timestamp
    ) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO answers (account_id, idempotency_key, request, answer, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (account_id, idempotency_key) DO UPDATE
            SET request = excluded.request, answer = excluded.answer, created_at = excluded.created_at
            WHERE answers.created_at < $6
            """,
            [.id(account), .text(key), .text(request), .text(answer), .time(time), .time(expiry)]) == 1
    }

    /// Forgets the oldest answers from before `time`, so many at most. How many it was.
    public func expire(before time: Timestamp, limit: Int) throws -> Int {
        try connection.execute(
            """
            DELETE FROM answers WHERE (account_id, idempotency_key) IN (
                SELECT account_id, idempotency_key FROM answers WHERE created_at < $1 ORDER BY created_at LIMIT $2
            )
            """, [.time(time), .integer(Int64(limit))])
    }
}
