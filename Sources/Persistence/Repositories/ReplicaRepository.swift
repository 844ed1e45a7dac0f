public import Core

/// The tables `replicas` and `replica_removals`: which blob is where, is to be there, or is to go from there.
public struct ReplicaRepository {
    let connection: any SQLConnection

    /// A replica with what only its store understands.
    public struct Detail: Sendable {
        public let replica: Replica
        public let receipt: StoreReceipt?
        public let transfer: StoreTransfer?
        /// The media type under which a recording or rendition knows the blob.
        public let mimeType: String
    }

    /// Asks for the blob in the store. False when that was known, so that nobody need be told.
    public func want(_ sha256: SHA256Hash, in store: String) throws -> Bool {
        // A removal that waits would take away what is wanted again.
        try connection.execute(
            "DELETE FROM replica_removals WHERE sha256 = $1 AND store = $2", [.digest(sha256), .text(store)])
        return try connection.execute(
            """
            INSERT INTO replicas (sha256, store, state) VALUES ($1, $2, 'absent')
            ON CONFLICT (sha256, store) DO UPDATE SET wanted = 1 WHERE replicas.wanted = 0
            """, [.digest(sha256), .text(store)]) == 1
    }

    public func find(_ sha256: SHA256Hash, in store: String) throws -> Detail? {
        try connection.first(
            """
            SELECT r.*, b.size, COALESCE((SELECT mime_type FROM recordings WHERE sha256 = r.sha256 LIMIT 1),
            (SELECT mime_type FROM derived_blobs WHERE sha256 = r.sha256 LIMIT 1), 'application/octet-stream') AS mime_type
            FROM replicas r JOIN blobs b ON b.sha256 = r.sha256 WHERE r.sha256 = $1 AND r.store = $2
            """, [.digest(sha256), .text(store)]
        ).map { row in
            Detail(
                replica: try Self.replica(row),
                receipt: try row.optionalText("receipt").map { try JSONColumn.decode(StoreReceipt.self, from: $0) },
                transfer: try row.optionalText("transfer").map { try JSONColumn.decode(StoreTransfer.self, from: $0) },
                mimeType: try row.text("mime_type"))
        }
    }

    /// All replicas of the blob.
    public func all(of sha256: SHA256Hash) throws -> [Replica] {
        try connection.query(
            """
            SELECT r.*, b.size FROM replicas r JOIN blobs b ON b.sha256 = r.sha256 WHERE r.sha256 = $1 ORDER BY r.store
            """, [.digest(sha256)]
        ).map(Self.replica)
    }

    /// The stores in which the blob is verified, but for one.
    public func verifiedElsewhere(_ sha256: SHA256Hash, than store: String) throws -> [String] {
        try connection.query(
            "SELECT store FROM replicas WHERE sha256 = $1 AND store <> $2 AND state = 'verified' ORDER BY store",
            [.digest(sha256), .text(store)]
        ).map { try $0.text("store") }
    }

    /// Notes how a transfer stands.
    public func setTransfer(
        _ transfer: StoreTransfer?, bytesDone: Int64, of sha256: SHA256Hash, in store: String
    ) throws {
        try connection.execute(
            """
            UPDATE replicas SET state = CASE WHEN state = 'verified' THEN state ELSE 'uploading' END, bytes_done = $3,
            transfer = $4, error = NULL WHERE sha256 = $1 AND store = $2
            """,
            [
                .digest(sha256), .text(store), .integer(bytesDone),
                try transfer.map { try JSONColumn.encode($0) } ?? .null,
            ])
    }

    /// Notes that a transfer is under way, where nothing is known of it yet.
    public func setUploading(_ sha256: SHA256Hash, in store: String) throws {
        try connection.execute(
            "UPDATE replicas SET state = 'uploading', error = NULL WHERE sha256 = $1 AND store = $2 AND state = 'absent'",
            [.digest(sha256), .text(store)])
    }

    /// Forgets a transfer that the store has given up.
    public func forgetTransfer(of sha256: SHA256Hash, in store: String) throws {
        try connection.execute(
            "UPDATE replicas SET transfer = NULL, bytes_done = 0 WHERE sha256 = $1 AND store = $2",
            [.digest(sha256), .text(store)])
    }

    /// Notes that the digest of the blob in the store was found right. False when there is no such blob any more.
    public func setVerified(
        _ sha256: SHA256Hash, in store: String, _ receipt: StoreReceipt?, at time: Timestamp
    ) throws -> Bool {
        try connection.execute(
            """
            UPDATE replicas SET state = 'verified', verified_at = $3, checked_at = $3, error = NULL, transfer = NULL,
            bytes_done = (SELECT size FROM blobs WHERE sha256 = $1), receipt = COALESCE($4, receipt)
            WHERE sha256 = $1 AND store = $2
            """,
            [
                .digest(sha256), .text(store), .time(time),
                try receipt.map { try JSONColumn.encode($0) } ?? .null,
            ]) == 1
    }

    /// Notes that the store still has what was verified before.
    public func setChecked(_ sha256: SHA256Hash, in store: String, at time: Timestamp) throws {
        try connection.execute(
            "UPDATE replicas SET checked_at = $3 WHERE sha256 = $1 AND store = $2 AND state = 'verified'",
            [.digest(sha256), .text(store), .time(time)])
    }

    /// Notes what is wrong with the replica.
    public func setState(
        _ state: Replica.State, error: String?, of sha256: SHA256Hash, in store: String
    ) throws {
        try connection.execute(
            "UPDATE replicas SET state = $3, error = $4 WHERE sha256 = $1 AND store = $2",
            [.digest(sha256), .text(store), .text(state.rawValue), .optionalText(error)])
    }

    /// Lets the replica go, if enough others of the blob are verified: the one statement by which a verified replica ends
    /// whose blob is still needed. False when it must stay.
    /// - Parameter copies: verified replicas that must remain; at least one does.
    public func release(_ sha256: SHA256Hash, in store: String, leaving copies: Int) throws -> Bool {
        try connection.execute(
            """
            UPDATE replicas SET state = 'absent', verified_at = NULL, checked_at = NULL, used_at = NULL, wanted = 0,
            bytes_done = 0, receipt = NULL
            WHERE sha256 = $1 AND store = $2 AND (
                SELECT COUNT(*) FROM replicas o WHERE o.sha256 = $1 AND o.store <> $2 AND o.state = 'verified'
            ) >= $3
            """, [.digest(sha256), .text(store), .integer(Int64(max(1, copies)))]) == 1
    }

    /// Holds a transfer back, or lets it go on. False when there is no such replica.
    public func setPaused(_ isPaused: Bool, _ sha256: SHA256Hash, in store: String) throws -> Bool {
        try connection.execute(
            "UPDATE replicas SET paused = $3 WHERE sha256 = $1 AND store = $2",
            [.digest(sha256), .text(store), .truth(isPaused)]) == 1
    }

    /// Gives up a transfer that a person does not want. A verified replica stays. False when there is nothing to give up.
    public func cancel(_ sha256: SHA256Hash, in store: String) throws -> Bool {
        try connection.execute(
            """
            UPDATE replicas SET wanted = 0, state = 'absent', bytes_done = 0, error = NULL
            WHERE sha256 = $1 AND store = $2 AND state <> 'verified'
            """, [.digest(sha256), .text(store)]) == 1
    }

    /// Notes that the blob was played from here.
    public func setUsed(_ sha256: SHA256Hash, in store: String, at time: Timestamp) throws {
        try connection.execute(
            "UPDATE replicas SET used_at = $3 WHERE sha256 = $1 AND store = $2",
            [.digest(sha256), .text(store), .time(time)])
    }

    static func replica(_ row: SQLRow) throws -> Replica {
        Replica(
            sha256: try row.digest("sha256"), store: try row.text("store"), state: try row.choice("state"),
            isWanted: try row.truth("wanted"), isPaused: try row.truth("paused"),
            bytesDone: try row.integer("bytes_done"), size: try row.integer("size"),
            error: try row.optionalText("error"), verifiedAt: try row.optionalTime("verified_at"),
            checkedAt: try row.optionalTime("checked_at"))
    }
}
