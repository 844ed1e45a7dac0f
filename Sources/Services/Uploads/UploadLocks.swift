import Core
import Synchronization

/// One request at a time for each upload: a newer one ends the older, and then proceeds with what that one left
/// (draft-ietf-httpbis-resumable-upload, section on concurrency).
final class UploadLocks: Sendable {
    private struct Request {
        let stop: @Sendable () -> Void
        let proceed: CheckedContinuation<Void, Never>?
    }

    private struct Turn {
        var holder: Request
        var waiting: [Request] = []
    }

    private let turns = Mutex<[Upload.ID: Turn]>([:])

    /// Runs the body when no other request is at work on the upload.
    /// - Parameter stop: ends what the body waits for; called when a newer request comes.
    func withLock<Value>(
        _ id: Upload.ID, stop: @escaping @Sendable () -> Void, _ body: () async throws -> Value
    ) async rethrows -> Value {
        await acquire(id, stop)
        defer { release(id) }
        return try await body()
    }

    /// Runs the body unless a request is at work on the upload; nil then.
    func withFreeLock<Value>(_ id: Upload.ID, _ body: () async throws -> Value) async rethrows -> Value? {
        let isFree = turns.withLock { turns in
            guard turns[id] == nil else { return false }
            turns[id] = Turn(holder: Request(stop: {}, proceed: nil))
            return true
        }
        guard isFree else { return nil }
        defer { release(id) }
        return try await body()
    }

    private func acquire(_ id: Upload.ID, _ stop: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let older: Request? = turns.withLock { turns in
                guard var turn = turns[id] else {
                    turns[id] = Turn(holder: Request(stop: stop, proceed: nil))
                    return nil
                }
                turn.waiting.append(Request(stop: stop, proceed: continuation))
                turns[id] = turn
                return turn.holder
            }
            if let older { older.stop() } else { continuation.resume() }
        }
    }

    private func release(_ id: Upload.ID) {
        let next: (Request, isOutdated: Bool)? = turns.withLock { turns in
            guard var turn = turns[id], !turn.waiting.isEmpty else {
                turns[id] = nil
                return nil
            }
            turn.holder = turn.waiting.removeFirst()
            turns[id] = turn
            return (turn.holder, !turn.waiting.isEmpty)
        }
        guard let next else { return }
        next.0.proceed?.resume()
        if next.isOutdated { next.0.stop() }
    }
}
