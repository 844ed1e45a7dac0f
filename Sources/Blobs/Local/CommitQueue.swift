import Core
import Dispatch
import Synchronization

/// Makes received files durable under the name of their content, several together.
///
/// A journaling file system commits the metadata of all files at once, so sixteen threads that sync one file each are
/// slower than one thread that syncs sixteen. One thread works here: whoever waits when it becomes free is taken along,
/// and a lone file does not wait for company. First all names are linked, then everything is synced at once, so that
/// names and bytes share a journal commit. A name whose sync fails is taken back: its pages may look good in memory
/// and not be on disk.
final class CommitQueue: Sendable {
    /// What became of a commit.
    enum Outcome: Sendable {
        /// Bytes and name are on disk.
        case durable
        /// There is a file of that name, which nobody has read yet. Nothing was done.
        case alreadyThere
    }

    private let folder: DataFolder
    private let queue = DispatchQueue(label: "voicenote.blobs.commit")
    private let waiting = Mutex(Waiting())
    private let syncs: BatchSync
    private static let mostTogether = 64

    private struct Waiting {
        var commits: [PendingCommit] = []
        var isDraining = false
    }

    init(folder: DataFolder) {
        self.folder = folder
        syncs = BatchSync(folder: folder)
    }

    /// Gives the file its blob's name, durably.
    func link(_ file: OpenFile, as sha256: SHA256Hash) async throws -> Outcome {
        try await enqueue(file, sha256, isLinked: false)
    }

    /// Makes a file that has its blob's name, and was read, durable with that name.
    func sync(_ file: OpenFile, as sha256: SHA256Hash) async throws {
        _ = try await enqueue(file, sha256, isLinked: true)
    }

    private func enqueue(_ file: OpenFile, _ sha256: SHA256Hash, isLinked: Bool) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let commit = PendingCommit(file: file, sha256: sha256, isLinked: isLinked, continuation: continuation)
            let mustDrain = waiting.withLock { waiting in
                waiting.commits.append(commit)
                defer { waiting.isDraining = true }
                return !waiting.isDraining
            }
            if mustDrain { queue.async { self.drain() } }
        }
    }

    private func drain() {
        while true {
            let batch: [PendingCommit] = waiting.withLock { waiting in
                let count = min(waiting.commits.count, Self.mostTogether)
                if count == 0 { waiting.isDraining = false }
                let batch = Array(waiting.commits.prefix(count))
                waiting.commits.removeFirst(count)
                return batch
            }
            if batch.isEmpty { return }
            process(batch)
        }
    }

    private func process(_ batch: [PendingCommit]) {
        var named: [BatchSync.Item] = []
        var commits: [PendingCommit] = []
        for commit in batch {
            do {
                let path = folder.blob(commit.sha256)
                let folders = try makeFolders(of: path)
                let isNew = try !commit.isLinked && Files.link(commit.file.path, to: path)
                guard isNew || commit.isLinked else {
                    commit.continuation.resume(returning: .alreadyThere)
                    continue
                }
                named.append(BatchSync.Item(file: commit.file, folders: folders, newName: isNew ? path : nil))
                commits.append(commit)
            } catch {
                commit.continuation.resume(throwing: error)
            }
        }
        for (commit, error) in zip(commits, syncs.sync(named)) {
            if let error {
                commit.continuation.resume(throwing: error)
            } else {
                commit.continuation.resume(returning: .durable)
            }
        }
    }

    /// Makes `blobs/ab/cd`; the folders whose entries changed, or may have changed just before.
    private func makeFolders(of path: String) throws(FileError) -> [String] {
        let blobs = folder.path(.blobs)
        let name = path.suffix(64)
        let first = "\(blobs)/\(name.prefix(2))"
        let second = "\(first)/\(name.dropFirst(2).prefix(2))"
        var folders = [second]
        if !Files.exists(second) {
            if try Files.makeFolder(first) { folders.append(blobs) }
            if try Files.makeFolder(second) { folders.append(first) }
        }
        return folders
    }
}

private struct PendingCommit: Sendable {
    let file: OpenFile
    let sha256: SHA256Hash
    let isLinked: Bool
    let continuation: CheckedContinuation<CommitQueue.Outcome, any Error>
}
