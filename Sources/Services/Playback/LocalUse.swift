import Blobs
import Core
import Persistence
import Synchronization

/// Notes which local copies are used, so that those stay: at most once an hour for each.
final class LocalUse: Sendable {
    private let database: any SQLDatabase
    private let last = Mutex<[SHA256Hash: ContinuousClock.Instant]>([:])

    init(database: any SQLDatabase) {
        self.database = database
    }

    /// Nobody waits for it; a use that is not noted costs a transfer later.
    func note(_ sha256: SHA256Hash) {
        let now = ContinuousClock.now
        let isNews = last.withLock { used in
            if let last = used[sha256], now - last < .seconds(3600) { return false }
            if used.count >= 10_000 { used.removeAll(keepingCapacity: true) }
            used[sha256] = now
            return true
        }
        guard isNews else { return }
        database.submit(.relaxed) {
            try $0.replicas.setUsed(sha256, in: LocalStore.name, at: .now())
        } completion: { _ in
        }
    }
}
