import Core
import CoreMetrics
public import Logging
public import Persistence
public import ServiceLifecycle
import Synchronization

/// Claims due jobs and runs them, a bounded number at a time, until the service stops.
///
/// A lease with heartbeats guards each job: when a process dies, the lease runs out and another takes over. A stop
/// gives unfinished jobs back unharmed.
///
/// While people are being served, jobs step back, but never stop: they get at least a twentieth of the time.
public final class JobRunner: Service {
    private let database: any SQLDatabase
    private let handlers: [String: any JobHandler]
    private let concurrency: Int
    private let lease: Duration
    private let poll: Duration
    private let foreground: ForegroundActivity
    private let mayClaim: @Sendable () -> Bool
    private let logger: Logger
    private let owner = Identifier<JobRunner>().description
    private let running = Mutex(0)
    /// How long the job that ended last took.
    private let lastDuration = Mutex(Duration.milliseconds(10))
    /// For so long after a sign of life, people count as being served.
    private static let quiet = Duration.milliseconds(30)
    /// Jobs step back for so many times of what the last one took, and for this long at most.
    private static let stepBack = 19
    private static let longestStepBack = Duration.seconds(2)
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - concurrency: jobs at a time.
    ///   - lease: how long a silent runner keeps a job; heartbeats come three times as often.
    ///   - poll: how often the table is looked at without a ``wake()``.
    ///   - foreground: what jobs step back for.
    ///   - mayClaim: whether jobs may begin just now; asked before each look at the table.
    public init(
        database: any SQLDatabase, handlers: [any JobHandler], concurrency: Int, lease: Duration = .seconds(60),
        poll: Duration = .seconds(1), foreground: ForegroundActivity = ForegroundActivity(),
        mayClaim: @escaping @Sendable () -> Bool = { true }, logger: Logger
    ) {
        self.database = database
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })
        self.concurrency = concurrency
        self.lease = lease
        self.poll = poll
        self.foreground = foreground
        self.mayClaim = mayClaim
        self.logger = logger
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there may be something to do, so that a new job need not wait for the next look.
    public func wake() {
        wakeUp.yield()
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.work() }
    }

    private func work() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    self.wake()
                    try? await Task.sleep(for: self.poll)
                }
                self.wakeUp.finish()
            }
            for await _ in wakes {
                await stepBack()
                if Task.isCancelled { break }
                for job in await claim() {
                    group.addTask {
                        let duration = await ContinuousClock().measure { await self.execute(job) }
                        self.lastDuration.withLock { $0 = duration }
                        self.running.withLock { $0 -= 1 }
                        self.wake()
                    }
                }
            }
        }
    }

    /// Waits while people are being served, but not so long that jobs would get less than their share.
    private func stepBack() async {
        let end = ContinuousClock.now + min(lastDuration.withLock { $0 } * Self.stepBack, Self.longestStepBack)
        while foreground.isRecent(within: Self.quiet), ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: Self.quiet / 3)
        }
    }

    private func claim() async -> [Job] {
        let free = running.withLock { concurrency - $0 }
        guard free > 0, mayClaim() else { return [] }
        let now = Timestamp.now()
        do {
            let jobs = try await database.write(.relaxed) { [handlers, owner, lease] connection in
                try connection.jobs.claim(
                    kinds: handlers.keys.sorted(), owner: owner, limit: free, now: now, leaseUntil: now + lease)
            }
            running.withLock { $0 += jobs.count }
            return jobs
        } catch {
            logger.error("jobs cannot be claimed", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func execute(_ job: Job) async {
        guard let handler = handlers[job.kind] else { return }
        // A job whose process died again and again may be what kills it: it is given up like any other.
        guard job.attempts <= job.mostAttempts else {
            return await end(
                job, giveUp: handler, reason: job.lastError ?? "The work was interrupted \(job.mostAttempts) times.")
        }
        do {
            let effect = try await withHeartbeat(job) { try await handler.run(job) }
            try await finish(job, effect)
        } catch is CancellationError {
            await giveBack(job)
        } catch  where Task.isCancelled {
            await giveBack(job)
        } catch {
            await retry(job, handler, after: error)
        }
    }

    private func finish(_ job: Job, _ effect: JobEffect) async throws {
        let isOurs: Bool
        do {
            isOurs = try await database.write(.relaxed) { [owner] connection in
                guard try connection.jobs.finish(job.id, owner: owner) else { return false }
                try effect.apply(connection)
                return true
            }
        } catch {
            // It will be done again, or given up; what it left behind is nobody's.
            await effect.ifNotOurs()
            throw error
        }
        FailurePoint.jobRecorded.pass()
        count(job, isOurs ? "done" : "taken")
        if isOurs { await effect.afterCommit() } else { await effect.ifNotOurs() }
    }

    private func retry(_ job: Job, _ handler: any JobHandler, after error: any Error) async {
        let failure = error as? JobFailure ?? JobFailure("\(error)", isTransient: true)
        var generator = SystemRandomNumberGenerator()
        if failure.isTransient, !failure.counts { return await giveBack(job, after: failure.wait ?? .seconds(1)) }
        guard failure.isTransient, let delay = handler.retry.delay(afterAttempt: job.attempts, using: &generator)
        else { return await end(job, giveUp: handler, reason: failure.reason) }
        count(job, "again")
        logger.warning(
            "job will be tried again",
            metadata: ["kind": "\(job.kind)", "subject": "\(job.subject)", "reason": "\(failure.reason)"])
        await record("release", job) { [owner] connection in
            _ = try connection.jobs.release(
                job.id, owner: owner, error: failure.reason, runAt: Timestamp.now() + max(delay, failure.wait ?? .zero))
        }
    }

    private func end(_ job: Job, giveUp handler: any JobHandler, reason: String) async {
        count(job, "failed")
        logger.info(
            "job gave up", metadata: ["kind": "\(job.kind)", "subject": "\(job.subject)", "reason": "\(reason)"])
        let effect = handler.giveUp(job, reason: reason)
        let done = await record("give up", job) { [owner] connection in
            guard try connection.jobs.release(job.id, owner: owner, error: reason, runAt: nil) else { return }
            try effect.apply(connection)
        }
        if done { await effect.afterCommit() }
    }

    private func giveBack(_ job: Job, after wait: Duration = .zero) async {
        await record("give back", job) { [owner] connection in
            try connection.jobs.giveBack(job.id, owner: owner, at: Timestamp.now() + wait)
        }
    }

    private func count(_ job: Job, _ outcome: String) {
        Counter(label: "voicenote_jobs_ended", dimensions: [("kind", job.kind), ("outcome", outcome)]).increment()
    }

    /// Writes the job's end. If that fails, the lease runs out and the job comes again: nothing is lost.
    @discardableResult
    private func record(
        _ what: String, _ job: Job, _ body: @escaping @Sendable (any SQLConnection) throws -> Void
    ) async -> Bool {
        do {
            try await database.write(.relaxed, body)
            return true
        } catch {
            logger.error("cannot \(what) job", metadata: ["job": "\(job.id)", "error": "\(error)"])
            return false
        }
    }

    /// Runs the work while the lease is kept alive; the work is cancelled when the job was taken away.
    private func withHeartbeat(
        _ job: Job, _ work: @escaping @Sendable () async throws -> JobEffect
    ) async throws -> JobEffect {
        try await withThrowingTaskGroup(of: JobEffect?.self) { group in
            group.addTask { try await work() }
            group.addTask { [database, owner, lease] in
                while true {
                    try await Task.sleep(for: lease / 3)
                    let until = Timestamp.now() + lease
                    let kept = try await database.write(.relaxed) { connection in
                        try connection.jobs.extendLease(job.id, owner: owner, until: until)
                    }
                    if !kept { return nil }
                }
            }
            defer { group.cancelAll() }
            guard let effect = try await group.next() ?? nil else { throw CancellationError() }
            return effect
        }
    }
}
