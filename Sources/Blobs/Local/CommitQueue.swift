import Core
import Dispatch
import Synchronization

/// Makes received files durable under the name of their content, several together.
///
/// A journaling file system commits the metadata of all files at once, so that sixteen threads which sync one file
/// each are slower than one thread that syncs sixteen. One thread works here: whoever waits when it becomes free is
/// taken along; a lone file does not wait for company. Each step is done for the whole batch before the next begins:
/// start the write-out, sync the data, link the names, sync the folders.
final class CommitQueue: Sendable {
    private let folder: DataFolder
    private let queue = DispatchQueue(label: "voicenote.blobs.commit")
    private let waiting = Mutex(Waiting())
    private static let mostTogether = 64

    private struct Waiting {
        var commits: [PendingCommit] = []
        var isDraining = false
    }

    init(folder: DataFolder) {
        self.folder = folder
    }

    /// Returns when the file's bytes and its name as the blob `sha256` are on disk.
    func commit(_ file: OpenFile, as sha256: SHA256Hash) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let commit = PendingCommit(file: file, sha256: sha256, continuation: continuation)
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
        for commit in batch.dropFirst() { commit.file.startWriteOut() }
        var linked: [(commit: PendingCommit, folders: [String])] = []
        for commit in batch {
            do {
                try commit.file.syncData()
                linked.append((commit, try link(commit)))
            } catch {
                commit.continuation.resume(throwing: error)
            }
        }
        // A folder that several files went into is synced once; a failure is everybody's who needs that folder.
        var outcomes: [String: FileError?] = [:]
        for path in linked.flatMap(\.folders) where outcomes[path] == nil {
            do {
                try OpenFile.folder(path).sync()
                outcomes.updateValue(nil, forKey: path)
            } catch {
                outcomes.updateValue(error, forKey: path)
            }
        }
        for (commit, folders) in linked {
            if let error = folders.compactMap({ outcomes[$0] ?? nil }).first {
                commit.continuation.resume(throwing: error)
            } else {
                commit.continuation.resume()
            }
        }
    }

    /// Gives the file its blob's name; the folders that must be synced for the name to last.
    private func link(_ commit: PendingCommit) throws -> [String] {
        let path = folder.blob(commit.sha256)
        let folders = try makeFolders(of: path)
        if try Files.link(commit.file.path, to: path) { return folders }
        // The content is there already: believe nothing, read it. A damaged copy is replaced by the good one.
        let existing = try OpenFile.reading(path)
        if try LocalStore.digest(of: existing).0 == commit.sha256 {
            try existing.syncData()
        } else {
            let spare = commit.file.path + ".repair"
            try Files.remove(spare)
            if try Files.link(commit.file.path, to: spare) { try Files.rename(spare, to: path) }
        }
        return folders
    }

    /// Makes `blobs/ab/cd`; the folders whose entries changed or may have changed just before.
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
    let continuation: CheckedContinuation<Void, any Error>
}
