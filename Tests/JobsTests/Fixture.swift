import Core
import Foundation
import Logging
import Synchronization
import Testing

@testable import Jobs
@testable import Persistence

/// A database with a table in which effects leave a trace.
final class Fixture: Sendable {
    let folder: String
    let database: SQLiteDatabase

    init() async throws {
        folder = NSTemporaryDirectory() + "voicenote-jobs-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(path: folder + "/db.sqlite")
        try await Migrator(database).migrate()
        try await database.write { _ = try $0.execute("CREATE TABLE effects (text TEXT NOT NULL)", []) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func enqueue(_ subjects: String..., kind: String = "k") async throws {
        try await database.write { connection in
            for subject in subjects {
                try connection.jobs.enqueue(kind: kind, subject: subject, mostAttempts: 3, at: .now())
            }
        }
    }

    func job(_ subject: String, kind: String = "k") async throws -> Job? {
        try await database.read { try $0.jobs.find(kind: kind, subject: subject) }
    }

    func effects() async throws -> [String] {
        try await database.read { connection in
            try connection.query("SELECT text FROM effects ORDER BY text", []).map { try $0.text("text") }
        }
    }

    func runner(
        _ handlers: any JobHandler..., concurrency: Int = 4, lease: Duration = .seconds(30),
        poll: Duration = .milliseconds(20), foreground: ForegroundActivity = ForegroundActivity()
    ) -> JobRunner {
        JobRunner(
            database: database, handlers: handlers, concurrency: concurrency, lease: lease, poll: poll,
            foreground: foreground, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the runners while the body runs, and waits until they have ended.
    func running(_ runners: JobRunner..., body: () async throws -> Void) async throws {
        let tasks = runners.map { runner in Task { try await runner.run() } }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for task in tasks { task.cancel() }
        for task in tasks { try await task.value }
        try result.get()
    }
}

/// A handler of which the test says what it does.
struct Handler: JobHandler {
    var kind = "k"
    var retry = RetryPolicy(mostAttempts: 3, base: .milliseconds(40), cap: .milliseconds(80))
    var work: @Sendable (Job) async throws -> JobEffect
    var lost: @Sendable (Job, String) -> JobEffect = { job, reason in .trace("\(job.subject) lost: \(reason)") }

    func run(_ job: Job) async throws -> JobEffect { try await work(job) }
    func giveUp(_ job: Job, reason: String) -> JobEffect { lost(job, reason) }
}

extension JobEffect {
    static func trace(_ text: String) -> JobEffect {
        JobEffect(apply: { _ = try $0.execute("INSERT INTO effects (text) VALUES ($1)", [.text(text)]) })
    }
}

/// Counts, and gives the new count.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult
    func increase(by number: Int = 1) -> Int {
        count.withLock { count in
            count += number
            return count
        }
    }
}

/// Waits until the condition holds; fails the test when it does not within ten seconds.
func eventually(
    _ comment: Comment? = nil, within time: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    // Counted in looks, which a machine that has too much to do makes longer.
    for _ in 0..<time.components.seconds * 100 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(comment ?? "did not become true", sourceLocation: sourceLocation)
}
