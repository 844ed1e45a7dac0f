public import Core

extension ReplicaRepository {
    /// Replicas that are wanted in the store, are not verified, and have no job that would see to it; with `failed`, only
    /// those whose job gave up.
    public func unattended(in store: String, failed: Bool, limit: Int) throws -> [SHA256Hash] {
        let states = failed ? "j.state = 'failed'" : "j.state IS NULL"
        return try connection.query(
            """
            SELECT r.sha256 FROM replicas r LEFT JOIN jobs j ON j.kind = $2 AND j.subject = r.sha256
            WHERE r.store = $1 AND r.store <> 'local' AND r.state <> 'verified' AND r.wanted = 1 AND r.paused = 0
            AND \(states) LIMIT $3
            """, [.text(store), .text(Replica.jobKind(store)), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }

    /// Blobs of the role that nobody has asked for in the store yet.
    public func neverWanted(in store: String, role: BlobRole, limit: Int) throws -> [SHA256Hash] {
        let table =
            role == .source
            ? "recordings" : "(SELECT sha256 FROM derived_blobs WHERE kind = '\(role.rawValue)')"
        return try connection.query(
            """
            SELECT DISTINCT s.sha256 FROM \(table) s
            WHERE NOT EXISTS (SELECT 1 FROM replicas r WHERE r.sha256 = s.sha256 AND r.store = $1)
            LIMIT $2
            """, [.text(store), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }

    /// Verified replicas in the order of their digests, from behind one on: for re-reading.
    public func verified(
        in store: String, after sha256: SHA256Hash?, before time: Timestamp, limit: Int
    ) throws -> [(sha256: SHA256Hash, size: Int64)] {
        try connection.query(
            """
            SELECT r.sha256, b.size FROM replicas r JOIN blobs b ON b.sha256 = r.sha256
            WHERE r.store = $1 AND r.state = 'verified' AND r.sha256 > $2 AND r.verified_at < $3
            ORDER BY r.sha256 LIMIT $4
            """,
            [.text(store), .text(sha256?.description ?? ""), .time(time), .integer(Int64(limit))]
        ).map { (try $0.digest("sha256"), try $0.integer("size")) }
    }

    /// Replicas in the state, in the order of their digests, from behind one on.
    public func inState(
        _ state: Replica.State, in store: String, after sha256: SHA256Hash?, limit: Int
    ) throws -> [SHA256Hash] {
        try connection.query(
            "SELECT sha256 FROM replicas WHERE store = $1 AND store <> 'local' AND state = $2 AND sha256 > $3 ORDER BY sha256 LIMIT $4",
            [.text(store), .text(state.rawValue), .text(sha256?.description ?? ""), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }

    private static let worthMoving = """
        (SELECT sha256 FROM recordings UNION SELECT sha256 FROM derived_blobs WHERE kind IN ('listen', 'repaired', 'export'))
        """

    /// Blobs of sources, listen and repaired copies and exports that are not verified in the store, and their bytes.
    public func outside(of store: String) throws -> (blobs: Int64, bytes: Int64) {
        let row = try connection.first(
            """
            SELECT COUNT(*) AS n, COALESCE(SUM(b.size), 0) AS bytes FROM \(Self.worthMoving) s
            JOIN blobs b ON b.sha256 = s.sha256
            WHERE NOT EXISTS (SELECT 1 FROM replicas r WHERE r.sha256 = s.sha256 AND r.store = $1 AND r.state = 'verified')
            """, [.text(store)])
        return (try row?.integer("n") ?? 0, try row?.integer("bytes") ?? 0)
    }

    /// Replicas in the store that nobody wants any more, of blobs that are needed.
    public func unwanted(in store: String, limit: Int) throws -> [SHA256Hash] {
        try connection.query(
            """
            SELECT r.sha256 FROM replicas r WHERE r.store = $1 AND r.store <> 'local' AND r.state <> 'verified'
            AND r.wanted = 0 AND r.sha256 IN \(Self.worthMoving) LIMIT $2
            """, [.text(store), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }

    /// Some verified replicas of the store, spread over all digests.
    public func sample(in store: String, limit: Int) throws -> [SHA256Hash] {
        var blobs: Set<SHA256Hash> = []
        for index in 0..<limit {
            let byte = String(index * 256 / max(limit, 1), radix: 16)
            let start = byte.count == 1 ? "0" + byte : byte
            if let row = try connection.first(
                """
                SELECT sha256 FROM replicas WHERE store = $1 AND store <> 'local' AND state = 'verified' AND sha256 >= $2
                ORDER BY sha256 LIMIT 1
                """, [.text(store), .text(start)])
            {
                blobs.insert(try row.digest("sha256"))
            }
        }
        return Array(blobs)
    }

    /// Blobs that are worth having here, are not, and are verified elsewhere.
    public func withoutLocal(limit: Int) throws -> [Blob] {
        try connection.query(
            """
            SELECT b.sha256, b.size FROM blobs b WHERE b.sha256 IN \(Self.worthMoving)
            AND NOT EXISTS (SELECT 1 FROM replicas r WHERE r.sha256 = b.sha256 AND r.store = 'local' AND r.state = 'verified')
            AND EXISTS (SELECT 1 FROM replicas r WHERE r.sha256 = b.sha256 AND r.store <> 'local' AND r.state = 'verified')
            LIMIT $1
            """, [.integer(Int64(limit))]
        ).map {
            Blob(
                sha256: try $0.digest("sha256"), size: try $0.integer("size"), mimeType: "application/octet-stream")
        }
    }

    /// The store's names of transfers that can be gone on with.
    public func transferIDs(in store: String) throws -> [String] {
        try connection.query(
            "SELECT transfer FROM replicas WHERE store = $1 AND store <> 'local' AND transfer IS NOT NULL",
            [.text(store)]
        ).map { try JSONColumn.decode(StoreTransfer.self, from: $0.text("transfer")).id }
    }

    /// A local copy that could go.
    public struct Candidate: Sendable {
        public let sha256: SHA256Hash
        public let size: Int64
        /// When it was made or last played.
        public let usedAt: Timestamp
        /// The stores in which it is verified, and when each was last asked.
        public let elsewhere: [(store: String, checkedAt: Timestamp)]
    }

    /// Local copies that nobody played since `time`, and that are verified in at least `copies` other stores, in the order
    /// of their digests, from behind one on.
    public func reclaimable(
        usedBefore time: Timestamp, copies: Int, after sha256: SHA256Hash?, limit: Int
    ) throws -> [Candidate] {
        let rows = try connection.query(
            """
            SELECT r.sha256, b.size, COALESCE(r.used_at, b.created_at) AS used FROM replicas r
            JOIN blobs b ON b.sha256 = r.sha256
            WHERE r.store = 'local' AND r.state = 'verified' AND r.sha256 > $1 AND COALESCE(r.used_at, b.created_at) < $2
            AND (SELECT COUNT(*) FROM replicas o WHERE o.sha256 = r.sha256 AND o.store <> 'local'
                AND o.state = 'verified') >= $3
            ORDER BY r.sha256 LIMIT $4
            """,
            [
                .text(sha256?.description ?? ""), .time(time), .integer(Int64(max(1, copies))), .integer(Int64(limit)),
            ])
        return try rows.map { row in
            let blob = try row.digest("sha256")
            let elsewhere = try connection.query(
                """
                SELECT store, COALESCE(checked_at, verified_at, 0) AS checked FROM replicas
                WHERE sha256 = $1 AND store <> 'local' AND state = 'verified' ORDER BY store
                """, [.digest(blob)]
            ).map { (store: try $0.text("store"), checkedAt: try $0.time("checked")) }
            return Candidate(
                sha256: blob, size: try row.integer("size"), usedAt: try row.time("used"), elsewhere: elsewhere)
        }
    }

    /// How many blobs have their only verified replica in the store.
    public func onlyIn(_ store: String) throws -> Int64 {
        try connection.first(
            """
            SELECT COUNT(*) AS n FROM replicas r WHERE r.store = $1 AND r.state = 'verified' AND NOT EXISTS (
                SELECT 1 FROM replicas o WHERE o.sha256 = r.sha256 AND o.store <> $1 AND o.state = 'verified'
            )
            """, [.text(store)])?.integer("n") ?? 0
    }

    /// Counts everything in the store as lost, and forgets what was to be removed there. How many replicas it was.
    /// - Parameter isWanted: whether the store is to get them again.
    public func loseAll(in store: String, isWanted: Bool, reason: String) throws -> Int {
        try connection.execute("DELETE FROM replica_removals WHERE store = $1", [.text(store)])
        return try connection.execute(
            """
            UPDATE replicas SET state = CASE WHEN state IN ('verified', 'suspect', 'lost') THEN 'lost' ELSE 'absent' END,
            wanted = CASE WHEN $2 = 1 THEN wanted ELSE 0 END, error = $3, verified_at = NULL, checked_at = NULL,
            receipt = NULL, transfer = NULL, bytes_done = 0
            WHERE store = $1
            """, [.text(store), .truth(isWanted), .text(reason)])
    }

    /// How many replicas of the store are in each state.
    /// - Parameter account: counts only what belongs to it; nil counts everything.
    public func totals(of store: String, account: Account.ID? = nil) throws -> ReplicaTotals {
        var totals = ReplicaTotals()
        let own = account == nil ? "" : " AND \(BlobRepository.owned("r.sha256", parameter: 2))"
        for row in try connection.query(
            """
            SELECT r.state, r.error IS NOT NULL AS failed, COUNT(*) AS n, SUM(b.size) AS bytes
            FROM replicas r JOIN blobs b ON b.sha256 = r.sha256
            WHERE r.store = $1 AND r.store <> 'local' AND (r.wanted = 1 OR r.state = 'verified')\(own)
            GROUP BY r.state, r.error IS NOT NULL
            """, [.text(store)] + (account.map { [.id($0)] } ?? []))
        {
            let count = try row.integer("n")
            let state: Replica.State = try row.choice("state")
            switch state {
            case .verified:
                totals.verified += count
                totals.bytes += try row.integer("bytes")
            case .suspect: totals.suspect += count
            case .lost: totals.lost += count
            case .absent where try row.truth("failed"): totals.failed += count
            case .uploading: totals.uploading += count
            case .absent: totals.waiting += count
            }
        }
        return totals
    }

    /// The replicas whose transfers are under way.
    public func uploading(in store: String, limit: Int) throws -> [Replica] {
        try connection.query(
            """
            SELECT r.*, b.size FROM replicas r JOIN blobs b ON b.sha256 = r.sha256
            WHERE r.store = $1 AND r.store <> 'local' AND r.state = 'uploading' ORDER BY r.sha256 LIMIT $2
            """, [.text(store), .integer(Int64(limit))]
        ).map(Self.replica)
    }

    // What is to be removed

    /// Has the blob removed from every other store, for one that is about to be forgotten.
    func removeElsewhere(_ sha256: SHA256Hash) throws {
        let stores = try connection.query(
            "SELECT store FROM replicas WHERE sha256 = $1 AND store <> 'local'", [.digest(sha256)]
        ).map { try $0.text("store") }
        for store in stores {
            try connection.execute(
                """
                INSERT INTO replica_removals (sha256, store, receipt, transfer)
                SELECT sha256, store, receipt, transfer FROM replicas WHERE sha256 = $1 AND store = $2
                ON CONFLICT (sha256, store) DO UPDATE SET receipt = excluded.receipt, transfer = excluded.transfer
                """, [.digest(sha256), .text(store)])
            try enqueue(sha256, in: store)
        }
    }

    /// How often a transfer or a removal is tried before it is given up until the next sweep.
    public static let mostAttempts = 20

    /// Has the job look after the replica.
    public func enqueue(_ sha256: SHA256Hash, in store: String, at time: Timestamp = .now()) throws {
        try connection.jobs.enqueue(
            kind: Replica.jobKind(store), subject: sha256.description, mostAttempts: Self.mostAttempts, at: time)
    }

    /// What is to be removed from the store, and what the store told of it.
    public func removal(_ sha256: SHA256Hash, in store: String) throws -> Removal? {
        try connection.first(
            "SELECT receipt, transfer FROM replica_removals WHERE sha256 = $1 AND store = $2",
            [.digest(sha256), .text(store)]
        ).map { row in
            Removal(
                receipt: try row.optionalText("receipt").map { try JSONColumn.decode(StoreReceipt.self, from: $0) },
                transfer: try row.optionalText("transfer").map { try JSONColumn.decode(StoreTransfer.self, from: $0) })
        }
    }

    /// A replica that is to go.
    public struct Removal: Sendable {
        public let receipt: StoreReceipt?
        /// What had not come to its end.
        public let transfer: StoreTransfer?
    }

    /// Notes that it is gone.
    public func removed(_ sha256: SHA256Hash, from store: String) throws {
        try connection.execute(
            "DELETE FROM replica_removals WHERE sha256 = $1 AND store = $2", [.digest(sha256), .text(store)])
    }

    /// Replicas that are to be removed, in the order of their digests, from behind one on.
    public func removals(from store: String, after sha256: SHA256Hash?, limit: Int) throws -> [SHA256Hash] {
        try connection.query(
            "SELECT sha256 FROM replica_removals WHERE store = $1 AND sha256 > $2 ORDER BY sha256 LIMIT $3",
            [.text(store), .text(sha256?.description ?? ""), .integer(Int64(limit))]
        ).map { try $0.digest("sha256") }
    }
}
