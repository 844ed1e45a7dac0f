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

    /// Removes those of the files that nobody needs. A failure leaves a file that wastes space, nothing worse.
    func removeFiles(_ blobs: Set<SHA256Hash>) async {
        for blob in blobs {
            do {
                try await database.write(.alone) { [store] connection in
                    guard try !connection.blobs.exists(blob) else { return }
                    try store.deleteFile(blob)
                }
            } catch {
                logger.error("a blob could not be removed", metadata: ["blob": "\(blob)", "error": "\(error)"])
            }
        }
    }
}
