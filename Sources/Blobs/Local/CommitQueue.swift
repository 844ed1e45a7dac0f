import Core
import Glibc
import NIOPosix

/// Makes received files durable under the name of their content, several together.
///
/// A journaling file system commits the metadata of all files at once, so sixteen threads that sync one file each are
/// slower than one thread that syncs sixteen. First all names of a batch are linked, then everything is synced at once,
/// so that names and bytes share a journal commit; meanwhile, what is left of the next files is written. A name whose sync
/// fails is taken back: its pages may look good in memory and not be on disk.
final class CommitQueue: Sendable {
    /// What became of a commit.
    enum Outcome: Sendable {
        /// Bytes and name are on disk.
        case durable
        /// There is a file of that name, which nobody has read yet. Nothing was done.
        case alreadyThere
    }

    /// Hears what became of a commit; may block when `mayBlock` is true.
    typealias Completion = @Sendable (_ result: Result<Outcome, FileError>, _ mayBlock: Bool) -> Void

    private let writes: BatchQueue<PendingWrite>
    private let commits: BatchQueue<PendingCommit>
    private static let mostTogether = 64

    init(folder: DataFolder, threads: NIOThreadPool) {
        let committer = BatchCommit(folder: folder)
        let commits = BatchQueue<PendingCommit>(
            label: "voicenote.blobs.commit", mostTogether: Self.mostTogether
        ) { batch in
            let results = committer.process(batch)
            return { isIdle in
                // What follows for a lone file may as well follow here; with many, they should meet again behind.
                let mayBlock = isIdle && batch.count == 1
                for (commit, result) in zip(batch, results) { commit.completion(result, mayBlock) }
            }
        }
        let writer = ParallelWrites(threads: threads)
        writes = BatchQueue(label: "voicenote.blobs.write", mostTogether: Self.mostTogether) { batch in
            let files = writer.perform(batch.map(\.write))
            return { isIdle in
                for (pending, file) in zip(batch, files) {
                    switch file {
                    case .success(let file):
                        let commit = PendingCommit(
                            file: file, sha256: pending.sha256, isLinked: false, completion: pending.completion)
                        commits.add(commit, isIdle && batch.count == 1 ? .onThisThread : .prompt)
                    case .failure(let error): pending.completion(.failure(error), false)
                    }
                }
            }
        }
        self.commits = commits
    }

    /// Writes what is left of a file and gives it its blob's name, durably. Does not block: threads of the queue's own
    /// work, and take along what others bring meanwhile, so that many small files do not need a thread each.
    func link(_ write: FileWrite, as sha256: SHA256Hash, completion: @escaping Completion) {
        writes.add(PendingWrite(write: write, sha256: sha256, completion: completion), .prompt)
    }

    /// Gives the file its blob's name, durably. Call it on a thread that may block.
    func link(_ file: OpenFile, as sha256: SHA256Hash, completion: @escaping Completion) {
        commits.add(PendingCommit(file: file, sha256: sha256, isLinked: false, completion: completion), .onThisThread)
    }

    /// Makes a file that has its blob's name, and was read, durable with that name. Call it on a thread that may block.
    func sync(_ file: OpenFile, as sha256: SHA256Hash, completion: @escaping Completion) {
        commits.add(PendingCommit(file: file, sha256: sha256, isLinked: true, completion: completion), .onThisThread)
    }
}

private struct PendingWrite: Sendable {
    let write: FileWrite
    let sha256: SHA256Hash
    let completion: CommitQueue.Completion
}

private struct PendingCommit: Sendable {
    let file: OpenFile
    let sha256: SHA256Hash
    let isLinked: Bool
    let completion: CommitQueue.Completion
}

/// Links and syncs one batch.
private struct BatchCommit: Sendable {
    private let folder: DataFolder
    private let syncs: BatchSync

    init(folder: DataFolder) {
        self.folder = folder
        syncs = BatchSync(folder: folder)
    }

    func process(_ batch: [PendingCommit]) -> [Result<CommitQueue.Outcome, FileError>] {
        var results: [Result<CommitQueue.Outcome, FileError>] = []
        var named: [BatchSync.Item] = []
        var positions: [Int] = []
        for (position, commit) in batch.enumerated() {
            let item = Result { () throws(FileError) in try self.item(for: commit) }
            if case .success(let item?) = item {
                named.append(item)
                positions.append(position)
            }
            results.append(item.map { $0 == nil ? CommitQueue.Outcome.alreadyThere : .durable })
        }
        for (position, error) in zip(positions, syncs.sync(named)) {
            if let error { results[position] = .failure(error) }
        }
        return results
    }

    /// What to sync for the file, which has its name then; nil when another file has it.
    private func item(for commit: PendingCommit) throws(FileError) -> BatchSync.Item? {
        let path = folder.blob(commit.sha256)
        let shard = folder.blobFolder(of: commit.sha256)
        if commit.isLinked { return BatchSync.Item(file: commit.file, folder: shard, newName: nil) }
        let isNew: Bool
        do throws(FileError) {
            isNew = try Files.link(commit.file.path, to: path)
        } catch  where error.isMissing {
            try makeFolder(shard)
            isNew = try Files.link(commit.file.path, to: path)
        }
        return isNew ? BatchSync.Item(file: commit.file, folder: shard, newName: path) : nil
    }

    /// Makes the folder durably, or not at all. It was there at the start; whoever tidied it away must not cost a recording.
    private func makeFolder(_ path: String) throws(FileError) {
        guard try Files.makeFolder(path) else { return }
        do throws(FileError) {
            try OpenFile.folder(folder.path(.blobs)).sync()
        } catch {
            rmdir(path)
            throw error
        }
    }
}
