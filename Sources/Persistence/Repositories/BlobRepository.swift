public import Core

/// The tables `blobs` and `replicas`: what exists, and where.
public struct BlobRepository {
    let connection: any SQLConnection

    /// Notes that the blob is verified in the store; new or known, the call is the same.
    public func recordVerified(_ sha256: SHA256Hash, size: Int64, store: String, at time: Timestamp) throws {
        try connection.execute(
            "INSERT INTO blobs (sha256, size, created_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING",
            [.digest(sha256), .integer(size), .time(time)])
        try connection.execute(
            """
            INSERT INTO replicas (sha256, store, state, verified_at) VALUES ($1, $2, 'verified', $3)
            ON CONFLICT (sha256, store) DO UPDATE SET state = 'verified', verified_at = excluded.verified_at
            """, [.digest(sha256), .text(store), .time(time)])
    }

    public func exists(_ sha256: SHA256Hash) throws -> Bool {
        try connection.first("SELECT 1 AS one FROM blobs WHERE sha256 = $1", [.digest(sha256)]) != nil
    }

    /// Whether any recording or rendition still needs the blob.
    public func isReferenced(_ sha256: SHA256Hash) throws -> Bool {
        try connection.first(
            """
            SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM recordings WHERE sha256 = $1)
            OR EXISTS (SELECT 1 FROM derived_blobs WHERE sha256 = $1)
            """, [.digest(sha256)]) != nil
    }

    /// Forgets the blob and its replicas, unless something refers to it. True when it was forgotten:
    /// only then may its files be deleted. That they are to be is remembered until ``removed(_:)``.
    public func deleteIfUnreferenced(_ sha256: SHA256Hash) throws -> Bool {
        guard try !isReferenced(sha256) else { return false }
        try connection.replicas.removeElsewhere(sha256)
        try connection.execute("DELETE FROM replicas WHERE sha256 = $1", [.digest(sha256)])
        guard try connection.execute("DELETE FROM blobs WHERE sha256 = $1", [.digest(sha256)]) == 1 else {
            return false
        }
        try connection.execute(
            "INSERT INTO blob_removals (sha256) VALUES ($1) ON CONFLICT (sha256) DO NOTHING", [.digest(sha256)])
        return true
    }

    /// Notes that the files of a forgotten blob are gone, or are needed again.
    public func removed(_ sha256: SHA256Hash) throws {
        try connection.execute("DELETE FROM blob_removals WHERE sha256 = $1", [.digest(sha256)])
    }

    /// Forgotten blobs whose files may still be there.
    public func awaitingRemoval() throws -> [SHA256Hash] {
        try connection.query("SELECT sha256 FROM blob_removals").map { try $0.digest("sha256") }
    }

    /// Digests of blobs that are here, in their order, from behind one of them on.
    public func digests(after sha256: SHA256Hash?, limit: Int) throws -> [SHA256Hash] {
        try connection.query(
            """
            SELECT sha256 FROM replicas WHERE store = 'local' AND state = 'verified' AND sha256 > $1
            ORDER BY sha256 LIMIT $2
            """,
            [.text(sha256?.description ?? ""), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }

    /// How many blobs are verified nowhere, and one of them.
    /// - Parameter stores: those that count.
    public func unproven(in stores: [String]) throws -> (count: Int64, example: SHA256Hash?) {
        let row = try connection.first(
            """
            SELECT COUNT(*) AS n, MIN(b.sha256) AS example FROM blobs b
            WHERE NOT EXISTS (
                SELECT 1 FROM replicas r WHERE r.sha256 = b.sha256 AND r.state = 'verified'
                AND r.store IN (\(stores.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))
            )
            """, stores.map { .text($0) })
        return (try row?.integer("n") ?? 0, try row?.optionalText("example").flatMap { SHA256Hash($0) })
    }

    /// Stores that have verified replicas, whatever the settings say.
    public func storesInUse() throws -> [String] {
        try connection.query("SELECT DISTINCT store FROM replicas WHERE state = 'verified' ORDER BY store", [])
            .map { try $0.text("store") }
    }

    /// A condition that the blob is a source or rendition of the account whose id is the parameter.
    static func owned(_ column: String, parameter: Int) -> String {
        """
        \(column) IN (SELECT sha256 FROM recordings WHERE account_id = $\(parameter) UNION SELECT d.sha256 FROM derived_blobs d
        JOIN recordings o ON o.id = d.recording_id WHERE o.account_id = $\(parameter))
        """
    }

    /// How many blobs are here, and how many bytes they hold.
    /// - Parameter account: counts only what belongs to it; nil counts everything.
    public func localTotals(of account: Account.ID? = nil) throws -> (count: Int64, bytes: Int64) {
        let own = account == nil ? "" : " AND \(Self.owned("r.sha256", parameter: 1))"
        let row = try connection.first(
            """
            SELECT COUNT(*) AS n, COALESCE(SUM(b.size), 0) AS bytes FROM replicas r JOIN blobs b ON b.sha256 = r.sha256
            WHERE r.store = 'local' AND r.state = 'verified'\(own)
            """, account.map { [.id($0)] } ?? [])
        return (try row?.integer("n") ?? 0, try row?.integer("bytes") ?? 0)
    }

    /// How many blobs there are and how many bytes they hold.
    public func totals() throws -> (count: Int64, bytes: Int64) {
        let row = try connection.first("SELECT COUNT(*) AS n, COALESCE(SUM(size), 0) AS bytes FROM blobs", [])
        return (try row?.integer("n") ?? 0, try row?.integer("bytes") ?? 0)
    }
}
