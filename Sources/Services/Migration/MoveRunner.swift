import Blobs
import Core
public import Logging
import NIOCore
import Persistence
public import ServiceLifecycle

/// Carries out the move that is under way, step by step.
public struct MoveRunner: Service {
    private let moves: Moves
    private let logger: Logger
    private static let pause = Duration.seconds(1)
    private static let page = 200
    /// Recordings that are read back before local copies go.
    private static let samples = 20

    public init(moves: Moves, logger: Logger) {
        self.moves = moves
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var reason: String?
            while !Task.isCancelled {
                do {
                    let isMore = try await advance()
                    reason = nil
                    if isMore { continue }
                } catch is CancellationError {
                    return
                } catch {
                    // Once for each reason, not once a second.
                    if reason != "\(error)" { logger.warning("the migration waits", metadata: ["reason": "\(error)"]) }
                    reason = "\(error)"
                    await note("\(error)")
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Does one piece of the active move's step. False when there is nothing to do just now.
    func advance() async throws -> Bool {
        guard let move = try await moves.database.read({ try $0.moves.active() }) else { return false }
        guard let managed = moves.stores[move.store] else {
            throw VoiceNoteError(.notFound, "The store \(move.store) is not configured any more.")
        }
        switch move.step {
        case .plan: return try await plan(move)
        case .copy: return try await copy(move)
        case .verify: return try await verify(move, managed)
        case .switch: return try await prefer(move)
        case .settle: return try await settle(move, managed)
        case .reclaim: return try await removeLocal(move)
        case .rollback: return try await bringBack(move)
        case .done, .rolledBack: return false
        }
    }

    /// Writes down where the move stands. True: there is more to do.
    private func record(
        _ move: Move, step: Move.Step? = nil, done: Int64, total: Int64, bytesLeft: Int64? = nil
    ) async throws -> Bool {
        var next = move
        if let bytesLeft {
            next.bytesTotal = max(move.bytesTotal, bytesLeft)
            next.bytesDone = next.bytesTotal - bytesLeft
        }
        next.step = step ?? move.step
        (next.done, next.total, next.error, next.updatedAt) = (done, max(done, total), nil, .now())
        // A person who asked for it to be taken back meanwhile is obeyed.
        let changed = next
        _ = try await moves.database.write { try $0.moves.update(changed, from: move.step) }
        if let step { logger.notice("migration", metadata: ["store": "\(move.store)", "step": "\(step.rawValue)"]) }
        return true
    }

    private func note(_ reason: String) async {
        _ = try? await moves.database.write { connection in
            guard var move = try connection.moves.active(), move.error != reason else { return }
            (move.error, move.updatedAt) = (reason, .now())
            _ = try connection.moves.update(move, from: move.step)
        }
    }

    private func plan(_ move: Move) async throws -> Bool {
        let (count, bytes) = try await moves.database.read { try $0.replicas.outside(of: move.store) }
        return try await record(move, step: .copy, done: 0, total: count, bytesLeft: bytes)
    }

    private func copy(_ move: Move) async throws -> Bool {
        let store = move.store
        let (asked, left, failed, bytes) = try await moves.database.write(.relaxed) { connection in
            var asked = 0
            for role in BlobRole.allCases {
                for blob in try connection.replicas.neverWanted(in: store, role: role, limit: Self.page) {
                    if try connection.replicas.want(blob, in: store) { asked += 1 }
                    try connection.replicas.enqueue(blob, in: store)
                }
            }
            for blob in try connection.replicas.unwanted(in: store, limit: Self.page) {
                if try connection.replicas.want(blob, in: store) { asked += 1 }
                try connection.replicas.enqueue(blob, in: store)
            }
            let totals = try connection.replicas.totals(of: store)
            return (
                asked, totals.missing, totals.failed, try connection.replicas.outside(of: store).bytes
            )
        }
        if asked > 0 { return true }
        let total = max(move.total, left)
        if left == 0 { return try await record(move, step: .verify, done: 0, total: 0, bytesLeft: bytes) }
        _ = try await record(move, done: total - left, total: total, bytesLeft: bytes)
        if failed == left {
            await note("\(failed) transfers were given up; look at them in the storage view and retry them.")
        }
        return false
    }

    /// Asks the store for everything once more. What it lacks goes back to the step before.
    private func verify(_ move: Move, _ managed: ManagedStore) async throws -> Bool {
        var last: SHA256Hash?
        var done: Int64 = 0
        let total = try await moves.database.read { try $0.replicas.totals(of: move.store) }.verified
        var bad = 0
        while true {
            let page = try await moves.database.read { [last] in
                try $0.replicas.inState(.verified, in: move.store, after: last, limit: Self.page)
            }
            for blob in page {
                switch try await moves.proof.prove(blob, in: managed, reading: false) {
                case .proven: done += 1
                case .bad: bad += 1
                case .unknown(let reason): throw StoreError(.unreachable, reason)
                }
            }
            _ = try await record(move, done: done, total: total)
            guard page.count == Self.page, try await isStill(move) else { break }
            last = page.last
        }
        guard try await isStill(move) else { return true }
        let isMore = try await moves.database.read { try $0.replicas.outside(of: move.store) }.blobs > 0
        return try await record(move, step: bad > 0 || isMore ? .copy : .switch, done: 0, total: 0)
    }

    private func isStill(_ move: Move) async throws -> Bool {
        try await moves.database.read { try $0.moves.active() }?.step == move.step
    }

    private func prefer(_ move: Move) async throws -> Bool {
        try await moves.database.write { try $0.facts.set(Moves.preferredFact, to: move.store) }
        return try await record(move, step: .settle, done: 0, total: Int64(Self.samples))
    }

    /// Reads some recordings from the store, all of each, and compares their digests.
    private func settle(_ move: Move, _ managed: ManagedStore) async throws -> Bool {
        let blobs = try await moves.database.read { try $0.replicas.sample(in: move.store, limit: Self.samples) }
        for (index, blob) in blobs.enumerated() {
            switch try await moves.proof.prove(blob, in: managed, reading: true) {
            case .proven: break
            case .bad: return try await record(move, step: .copy, done: 0, total: 0)
            case .unknown(let reason): throw StoreError(.unreachable, reason)
            }
            _ = try await record(move, done: Int64(index + 1), total: Int64(blobs.count))
        }
        return try await record(move, step: .reclaim, done: 0, total: 0)
    }

    private func removeLocal(_ move: Move) async throws -> Bool {
        var summary = Reclaim.Summary()
        try await moves.reclaim.removeLocalCopies(age: .zero, most: Self.page, at: .now(), &summary)
        if summary.isCut {
            return try await record(move, done: move.done + Int64(summary.removed), total: move.total)
        }
        return try await record(move, step: .done, done: move.done + Int64(summary.removed), total: move.total)
    }

    /// Brings every local copy back. What the store has stays there: it is one more copy.
    private func bringBack(_ move: Move) async throws -> Bool {
        let blobs = try await moves.database.read { try $0.replicas.withoutLocal(limit: Self.page) }
        if blobs.isEmpty {
            try await moves.database.write { try $0.facts.set(Moves.preferredFact, to: "") }
            return try await record(move, step: .rolledBack, done: move.done, total: move.done)
        }
        for blob in blobs { try await moves.copies.fetch(blob).finished() }
        return try await record(move, done: move.done + Int64(blobs.count), total: move.total)
    }
}
