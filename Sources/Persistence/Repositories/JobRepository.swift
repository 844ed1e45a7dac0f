public import Core

/// The table `jobs`. A finished job is deleted in the transaction that records its effect.
public struct JobRepository {
    let connection: any SQLConnection

    /// Enqueues the job unless the same kind is waiting or running for the subject; one that gave up starts anew.
    public func enqueue(kind: String, subject: String, mostAttempts: Int, at time: Timestamp) throws {
        try connection.execute(
            """
            INSERT INTO jobs (id, kind, subject, state, attempts, most_attempts, run_at)
            VALUES ($1, $2, $3, 'waiting', 0, $4, $5)
            ON CONFLICT (kind, subject) DO UPDATE SET state = 'waiting', attempts = 0, run_at = excluded.run_at,
            last_error = NULL, lease_until = NULL, lease_owner = NULL WHERE jobs.state = 'failed'
            """,
            [
                .id(Job.ID(at: time)), .text(kind), .text(subject), .integer(Int64(mostAttempts)), .time(time),
            ])
    }

    /// Leases up to `limit` due jobs of the kinds to the owner, and those whose lease ran out.
    public func claim(
        kinds: [String], owner: String, limit: Int, now: Timestamp, leaseUntil: Timestamp
    ) throws -> [Job] {
        // Two conditions, two statements: with OR, the whole queue would be sorted for each claim.
        let due = try claim("state = 'waiting' AND run_at <= $1", kinds, owner, limit, now, leaseUntil)
        let abandoned = try claim(
            "state = 'running' AND lease_until < $1", kinds, owner, limit - due.count, now, leaseUntil)
        return due + abandoned
    }

    private func claim(
        _ condition: String, _ kinds: [String], _ owner: String, _ limit: Int, _ now: Timestamp, _ leaseUntil: Timestamp
    ) throws -> [Job] {
        guard limit > 0, !kinds.isEmpty else { return [] }
        var arguments: [SQLValue] = [.time(now), .time(leaseUntil), .text(owner), .integer(Int64(limit))]
        let list = kinds.map { kind in
            arguments.append(.text(kind))
            return "$\(arguments.count)"
        }.joined(separator: ", ")
        return try connection.query(
            """
            UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = $2, lease_owner = $3
            WHERE id IN (
                SELECT id FROM jobs WHERE \(condition) AND kind IN (\(list))
                ORDER BY run_at, id LIMIT $4 \(connection.dialect.claimSuffix)
            ) RETURNING *
            """, arguments
        ).map(Self.job)
    }

    /// Lengthens the lease; false when the job is no longer the owner's, who must then stop.
    public func extendLease(_ job: Job.ID, owner: String, until time: Timestamp) throws -> Bool {
        try connection.execute(
            "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
            [.id(job), .text(owner), .time(time)]) == 1
    }

    /// Deletes the finished job; false when it is no longer the owner's, whose effect must then not happen.
    public func finish(_ job: Job.ID, owner: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM jobs WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
            [.id(job), .text(owner)]) == 1
    }

    /// Lets the job wait for another attempt, or gives it up for good when `runAt` is nil.
    public func release(_ job: Job.ID, owner: String, error: String, runAt: Timestamp?) throws -> Bool {
        try connection.execute(
            """
            UPDATE jobs SET state = $3, run_at = COALESCE($4, run_at), last_error = $5, lease_until = NULL,
            lease_owner = NULL WHERE id = $1 AND lease_owner = $2 AND state = 'running'
            """,
            [
                .id(job), .text(owner), .text(runAt == nil ? Job.State.failed.rawValue : Job.State.waiting.rawValue),
                .optionalTime(runAt), .text(error),
            ]) == 1
    }

    /// Gives a leased job back unharmed, as if the attempt had not begun: for a stop in mid-work.
    public func giveBack(_ job: Job.ID, owner: String, at time: Timestamp) throws {
        try connection.execute(
            """
            UPDATE jobs SET state = 'waiting', attempts = attempts - 1, run_at = $3, lease_until = NULL,
            lease_owner = NULL WHERE id = $1 AND lease_owner = $2 AND state = 'running'
            """, [.id(job), .text(owner), .time(time)])
    }

    /// Frees every lease: for the start of a process that knows that it is the only one. How many it was. The attempts
    /// count, because the work may be what ended the process before.
    public func freeLeases(at time: Timestamp) throws -> Int {
        try connection.execute(
            """
            UPDATE jobs SET state = 'waiting', run_at = $1, lease_until = NULL, lease_owner = NULL
            WHERE state = 'running'
            """, [.time(time)])
    }

    /// Lets a waiting job begin at once.
    public func hurry(kind: String, subject: String, at time: Timestamp) throws {
        try connection.execute(
            "UPDATE jobs SET run_at = $3 WHERE kind = $1 AND subject = $2 AND state = 'waiting'",
            [.text(kind), .text(subject), .time(time)])
    }

    /// Lets every job of the kind that waits or gave up begin at once, with all its attempts.
    public func retryAll(kind: String, at time: Timestamp) throws {
        try connection.execute(
            """
            UPDATE jobs SET state = 'waiting', attempts = 0, run_at = $2, last_error = NULL
            WHERE kind = $1 AND state IN ('waiting', 'failed')
            """, [.text(kind), .time(time)])
    }

    /// Forgets the jobs of a subject that is deleted for good.
    public func delete(kind: String, subject: String) throws {
        try connection.execute("DELETE FROM jobs WHERE kind = $1 AND subject = $2", [.text(kind), .text(subject)])
    }

    public func find(kind: String, subject: String) throws -> Job? {
        try connection.first("SELECT * FROM jobs WHERE kind = $1 AND subject = $2", [.text(kind), .text(subject)])
            .map(Self.job)
    }

    /// How many jobs are in each state.
    public func counts() throws -> [Job.State: Int] {
        var counts: [Job.State: Int] = [:]
        for row in try connection.query("SELECT state, COUNT(*) AS n FROM jobs GROUP BY state") {
            counts[try row.choice("state")] = Int(try row.integer("n"))
        }
        return counts
    }

    private static func job(_ row: SQLRow) throws -> Job {
        Job(
            id: try row.id("id"), kind: try row.text("kind"), subject: try row.text("subject"),
            state: try row.choice("state"), attempts: Int(try row.integer("attempts")),
            mostAttempts: Int(try row.integer("most_attempts")), runAt: try row.time("run_at"),
            leaseUntil: try row.optionalTime("lease_until"), lastError: try row.optionalText("last_error"))
    }
}
