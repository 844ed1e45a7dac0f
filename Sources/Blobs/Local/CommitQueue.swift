import Core
import Glibc
import NIOPosix

/// Makes received files durable, several together: under the name of their content, or where they are.
///
/// A journaling file system commits the metadata of all files at once, so sixteen threads that sync one file each are
/// slower than one thread that syncs sixteen. First all names of a batch are linked, then everything is synced at once,
/// so that names and bytes share a journal commit; meanwhile, what is left of the next files is written. A name whose sync
/// fails is taken back: its pages may look good in memory and not be on disk.
final class CommitQueue: Sendable {
    /// What became of a commit.
    enum Outcome: Sendable {
        /// Bytes and name are on disk.
        case durable(OpenFile)
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
                        pending.goal.point(.written)?.pass()
                        let commit = PendingCommit(file: file, goal: pending.goal, completion: pending.completion)
                        commits.add(commit, isIdle && batch.count == 1 ? .onThisThread : .prompt)
                    case .failure(let error): pending.completion(.failure(error), false)
                    }
                }
            }
        }
        self.commits = commits
    }

    /// Writes what is left of a file and commits it. Does not block: threads of the queue's own work, and take along what
    /// others bring meanwhile, so that many small files do not need a thread each.
    func commit(_ write: FileWrite, _ goal: CommitGoal, completion: @escaping Completion) {
        writes.add(PendingWrite(write: write, goal: goal, completion: completion), .prompt)
    }

    /// Commits the file. Call it on a thread that may block.
    func commit(_ file: OpenFile, _ goal: CommitGoal, completion: @escaping Completion) {
        commits.add(PendingCommit(file: file, goal: goal, completion: completion), .onThisThread)
    }
}

/// What a file is to become.
enum CommitGoal: Sendable {
    /// Gets its blob's name.
    case link(SHA256Hash, for: CommitPurpose)
    /// Has its blob's name already, and was read.
    case linked(SHA256Hash)
    /// Stays where it is, to be gone on with; its name is new in the folder of incoming files, or known to be on disk.
    case append(isNew: Bool)

    enum Step {
        case written, linked, synced
    }

    /// Where a test may have the process killed after the step.
    func point(_ step: Step) -> FailurePoint? {
        switch (self, step) {
        case (.append, .written): .appendWritten
        case (.append, .synced): .appendSynced
        case (.link(_, for: .note), .written): .noteWritten
        case (.link(_, for: .note), .linked): .noteLinked
        case (.link(_, for: .note), .synced): .noteSynced
        case (.link(_, for: .upload), .written): .completeBegun
        case (.link(_, for: .upload), .linked): .completeLinked
        case (.link(_, for: .upload), .synced): .completeSynced
        case (.link(_, for: .rendition), .linked): .renditionLinked
        case (.link(_, for: .rendition), .synced): .renditionSynced
        default: nil
        }
    }
}

/// Why a file becomes a blob.
public enum CommitPurpose: Sendable {
    /// It was sent in one request.
    case note
    /// It was sent by a resumable upload.
    case upload
    /// It was derived from another.
    case rendition
}

private struct PendingWrite: Sendable {
    let write: FileWrite
    let goal: CommitGoal
    let completion: CommitQueue.Completion
}

private struct PendingCommit: Sendable {
    let file: OpenFile
    let goal: CommitGoal
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
                commit.goal.point(.linked)?.pass()
            }
            results.append(item.map { $0 == nil ? .alreadyThere : .durable(commit.file) })
        }
        for (position, error) in zip(positions, syncs.sync(named)) {
            if let error { results[position] = .failure(error) }
            batch[position].goal.point(.synced)?.pass()
        }
        return results
    }

    /// What to sync for the file, which has its name then; nil when another file has it.
    private func item(for commit: PendingCommit) throws(FileError) -> BatchSync.Item? {
        switch commit.goal {
        case .append(let isNew):
            return BatchSync.Item(file: commit.file, folder: isNew ? folder.path(.incoming) : nil, newName: nil)
        case .linked(let sha256):
            return BatchSync.Item(file: commit.file, folder: folder.blobFolder(of: sha256), newName: nil)
        case .link(let sha256, for: _):
            let path = folder.blob(sha256)
            guard try link(commit.file.path, as: sha256) else { return nil }
            return BatchSync.Item(file: commit.file, folder: folder.blobFolder(of: sha256), newName: path)
        }
    }

    private func link(_ file: String, as sha256: SHA256Hash) throws(FileError) -> Bool {
        do throws(FileError) {
            return try Files.link(file, to: folder.blob(sha256))
        } catch  where error.isMissing {
            try makeFolder(folder.blobFolder(of: sha256))
            return try Files.link(file, to: folder.blob(sha256))
        }
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
