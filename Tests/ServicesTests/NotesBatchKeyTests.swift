import Core
import Persistence
import Synchronization
import Testing

@testable import Services

/// Counts the wishes for copies. The first one waits until it is let through.
private final class Replicas: ReplicationRequests {
    struct Broken: Error {}

    private let wishes = Mutex<[Note.ID]>([])
    private let gate = Mutex<AsyncStream<Void>.Continuation?>(nil)
    private let opened: AsyncStream<Void>
    /// What befalls the note.
    private let failure: @Sendable (Note, Int) -> (any Error)?

    init(isOpen: Bool = true, failure: @escaping @Sendable (Note, Int) -> (any Error)? = { _, _ in nil }) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        opened = stream
        self.failure = failure
        if isOpen { continuation.finish() } else { gate.withLock { $0 = continuation } }
    }

    var count: Int { wishes.withLock(\.count) }

    func open() { gate.withLock { $0?.finish() } }

    func replicate(_ note: Note) async throws {
        let number = wishes.withLock { wishes in
            wishes.append(note.id)
            return wishes.count
        }
        for await _ in opened {}
        if let error = failure(note, number) { throw error }
    }
}

@Suite struct NotesBatchKeyTests {
    private let fixture: Fixture
    private let account: Account.ID
    private let note: Note
    private var id: String { note.id.description }

    init() async throws {
        fixture = try await Fixture()
        account = try await fixture.account()
        note = try await fixture.upload([1, 2, 3], of: account).note
    }

    private func notes(_ replication: (any ReplicationRequests)?) -> Notes {
        Notes(
            database: fixture.database, store: fixture.store, events: fixture.events, runner: fixture.runner,
            replication: replication, logger: fixture.logger)
    }

    private func run(
        _ action: BatchRequest.Action, _ ids: [String], key: String?, of account: Account.ID? = nil
    ) async throws -> BatchResult {
        try await fixture.notes.batch(
            try BatchRequest(action, ids: ids), key: key, of: account ?? self.account)
    }

    private func isArchived() async throws -> Bool { try await fixture.notes.find(note.id, of: account).archived }

    @Test("a request that comes again under its key gets the same answer and is not carried out again")
    func replay() async throws {
        let ids = [id, Note.ID().description, "no-id"]
        let first = try await run(.archive, ids, key: "k")
        _ = try await run(.unarchive, [id], key: nil)
        #expect(try await run(.archive, ids, key: "k") == first)
        #expect(try await !isArchived())
        _ = try await run(.archive, ids, key: "another")
        #expect(try await isArchived())
    }

    @Test("an answer in which something failed is repeated, too, although it would go well now")
    func failures() async throws {
        let first = try await run(.replicate, [id], key: "k")
        #expect(first.items.map(\.code) == [.conflict])
        let request = try BatchRequest(.replicate, ids: [id])
        let replicas = Replicas()
        #expect(try await notes(replicas).batch(request, key: "k", of: account) == first)
        #expect(replicas.count == 0)
        #expect(try await notes(replicas).batch(request, key: "l", of: account).succeeded == 1)
    }

    @Test("a key that came with another request is refused")
    func otherRequest() async throws {
        _ = try await run(.move(folder: "A"), [id, "x"], key: "k")
        let others: [(BatchRequest.Action, [String])] = [
            (.move(folder: "B"), [id, "x"]), (.move(folder: nil), [id, "x"]), (.archive, [id, "x"]),
            (.move(folder: "A"), [id]), (.move(folder: "A"), ["x", id]),
        ]
        for (action, ids) in others {
            await expect(.conflict) { _ = try await run(action, ids, key: "k") }
        }
        let now = try await fixture.notes.find(note.id, of: account)
        #expect(now.folder == "A" && !now.archived)
        #expect(try await run(.move(folder: " A"), [id, "x", "x"], key: "k").succeeded == 1, "the same when cleaned")
    }

    @Test("everybody has keys of their own")
    func otherAccount() async throws {
        let stranger = try await fixture.account()
        let theirs = try await run(.archive, [id], key: "k", of: stranger)
        #expect(theirs.items.map(\.code) == [.notFound])
        #expect(try await run(.archive, [id], key: "k").succeeded == 1)
    }

    @Test("after a day a key is new, and the sweep forgets it")
    func expiry() async throws {
        _ = try await run(.archive, [id], key: "k")
        _ = try await run(.unarchive, [id], key: nil)
        let old = Timestamp.now() - .seconds(86_401)
        try await fixture.database.write { connection in
            _ = try connection.execute("UPDATE answers SET created_at = $1", [.integer(old.milliseconds)])
        }
        #expect(try await run(.archive, [id], key: "k").succeeded == 1)
        #expect(try await isArchived(), "carried out again")
        #expect(try await fixture.notes.forgetAnswers() == 0, "the new answer")
        #expect(try await fixture.notes.forgetAnswers(at: .now() + .seconds(86_401)) == 1)
        _ = try await run(.unarchive, [id], key: "k")
        #expect(try await !isArchived())
    }

    @Test("the sweep forgets more than fit into one transaction")
    func sweep() async throws {
        let account = account
        try await fixture.database.write { connection in
            for number in 0..<450 {
                _ = try connection.answers.insert(
                    "\(number)", of: account, request: "", answer: "", at: Timestamp(milliseconds: Int64(number)),
                    replacingBefore: Timestamp(milliseconds: 0))
            }
        }
        #expect(try await fixture.notes.forgetAnswers() == 450)
    }

    @Test(
        "a key has from 1 to 200 characters of ASCII",
        arguments: ["", String(repeating: "k", count: 201), "\u{1}", "é"])
    func invalidKeys(key: String) async throws {
        await expect(.validationFailed) { _ = try await run(.archive, [id], key: key) }
        #expect(try await !isArchived())
        #expect(try await run(.archive, [id], key: String(repeating: "k", count: 200)).succeeded == 1)
    }

    @Test("of requests that come at once under a key one is carried out, and all get its answer")
    func atOnce() async throws {
        let replicas = Replicas(isOpen: false)
        let notes = notes(replicas)
        let request = try BatchRequest(.replicate, ids: [id, "x"])
        let results = try await withThrowingTaskGroup(of: BatchResult.self) { group in
            for _ in 0..<8 { group.addTask { [account] in try await notes.batch(request, key: "k", of: account) } }
            try await eventually { replicas.count == 1 }
            try await Task.sleep(for: .milliseconds(50))
            replicas.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replicas.count == 1)
        #expect(results.count == 8 && Set(results).count == 1)
        #expect(results[0].items.map(\.code) == [nil, .notFound])
    }

    @Test("another key, and another account with the same key, need not wait")
    func independent() async throws {
        let replicas = Replicas(isOpen: false)
        let notes = notes(replicas)
        let request = try BatchRequest(.replicate, ids: [id])
        let slow = Task { [account] in try await notes.batch(request, key: "k", of: account) }
        try await eventually { replicas.count == 1 }
        let archive = try BatchRequest(.archive, ids: [id])
        #expect(try await notes.batch(archive, key: "l", of: account).succeeded == 1)
        let stranger = try await fixture.account()
        #expect(try await notes.batch(archive, key: "k", of: stranger).failed == 1)
        replicas.open()
        #expect(try await slow.value.succeeded == 1)
    }

    @Test("a request that broke down keeps nothing, and whoever waited carries it out")
    func brokenDown() async throws {
        let replicas = Replicas(isOpen: false) { _, number in number == 1 ? Replicas.Broken() : nil }
        let notes = notes(replicas)
        let request = try BatchRequest(.replicate, ids: [id])
        let first = Task { [account] in try await notes.batch(request, key: "k", of: account) }
        try await eventually { replicas.count == 1 }
        let second = Task { [account] in try await notes.batch(request, key: "k", of: account) }
        try await Task.sleep(for: .milliseconds(20))
        replicas.open()
        await #expect(throws: Replicas.Broken.self) { _ = try await first.value }
        #expect(try await second.value.succeeded == 1)
        #expect(replicas.count == 2)
    }

    @Test("what the stores say of a note is said for that note")
    func stores() async throws {
        let other = try await fixture.upload([4], of: account).note
        let busy = VoiceNoteError(.unavailable, "The store is full.")
        let refused = note.id
        let notes = notes(Replicas { note, _ in note.id == refused ? busy : nil })
        let request = try BatchRequest(.replicate, ids: [id, other.id.description])
        let result = try await notes.batch(request, key: nil, of: account)
        #expect(result.items.map(\.code) == [.unavailable, nil])
        #expect(result.items[0].detail == busy.detail)
    }
}
