import Blobs
import Core
import Logging
import Persistence

/// Removes files of blobs that have no row.
///
/// It happens in a write transaction that sees no row, after the one that deleted it, if any, is on disk: a blob that
/// was stored again in between has a row again and stays; one that is being stored sees that its file is gone.
struct UnreferencedBlobs: Sendable {
    let database: any SQLDatabase
    let store: LocalStore
    let logger: Logger

    /// Removes a temporary file that nobody goes on with, and before it the blob that it was about to become, which is found
    /// by it only. True when there was one that no row speaks of.
    func remove(_ leftover: LocalStore.LeftoverFile) async throws -> Bool {
        var isOrphan = false
        if let blob = leftover.blob {
            isOrphan = try await database.read { try !$0.blobs.exists(blob) }
            // As long as the blob is there, this name is the only trace of it.
            if isOrphan, await !removeFiles([blob]) { return false }
        }
        try await store.remove(leftover)
        return isOrphan
    }

    /// Removes those of the files that nobody needs. A failure leaves a file that wastes space, nothing worse.
    /// False when one is still there.
    @discardableResult
    func removeFiles(_ blobs: Set<SHA256Hash>) async -> Bool {
        var isDone = true
        for blob in blobs {
            do {
                try await database.write(.alone) { [store] connection in
                    if try !connection.blobs.exists(blob) { try store.deleteFile(blob) }
                    try connection.blobs.removed(blob)
                }
            } catch {
                logger.error("a blob could not be removed", metadata: ["blob": "\(blob)", "error": "\(error)"])
                isDone = false
            }
        }
        return isDone
    }
}
