import Glibc
import Synchronization

/// Puts a batch of files and the folders of their names on disk, in the cheaper of two ways.
///
/// File by file it takes a sync for each file and each folder. From a few files on, one `syncfs` for the whole file
/// system is cheaper by far, as long as nobody else has much to write there: when it took longer than the files would
/// have, the next batches go file by file, and the more often that happens, the more of them.
final class BatchSync: Sendable {
    struct Item: Sendable {
        let file: OpenFile
        /// The folder whose entry must last; nil when it is known to.
        let folder: String?
        /// The name that was made for the file, to be taken back when the sync fails.
        let newName: String?
    }

    private let blobs: String
    private let state = Mutex(State())
    /// Fewer files are synced one by one, so that a lone upload never waits for what others have written.
    private static let worthWhile = 4
    /// What one file may cost in a `syncfs`; a sync of its own costs about a millisecond on a disk with a cache.
    private static let dear = Duration.milliseconds(10)
    /// Batches that go file by file after a dear `syncfs`; twice as many after each that follows.
    private static let pauses = 8...1024

    private struct State {
        /// Kept open, because errors are reported once for each open file.
        var fileSystem: OpenFile?
        /// Whether a `syncfs` there does all that syncs of the files would.
        var isBelieved = false
        var batchesToPause = 0
        var nextPause = BatchSync.pauses.lowerBound
    }

    init(folder: DataFolder) {
        blobs = folder.path(.blobs)
    }

    /// Syncs the items; for each the error, or nil when it is on disk. A failed one has lost its new name.
    func sync(_ items: [Item]) -> [FileError?] {
        let errors =
            if items.count >= Self.worthWhile, let fileSystem = usableFileSystem() {
                syncTogether(items, fileSystem)
            } else {
                syncEach(items)
            }
        for (item, error) in zip(items, errors) where error != nil {
            if let name = item.newName { unlink(name) }
        }
        return errors
    }

    /// The file system, unless it is not to be believed, or the next batches are to go file by file.
    private func usableFileSystem() -> OpenFile? {
        state.withLock { state in
            if state.batchesToPause > 0 {
                state.batchesToPause -= 1
                return nil
            }
            if state.fileSystem == nil {
                state.fileSystem = try? OpenFile.folder(blobs)
                state.isBelieved = state.fileSystem?.syncsWholeFileSystem ?? false
            }
            return state.isBelieved ? state.fileSystem : nil
        }
    }

    private func syncTogether(_ items: [Item], _ fileSystem: OpenFile) -> [FileError?] {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            try fileSystem.syncFileSystem()
        } catch {
            // It may be somebody else's error; each file knows its own.
            return syncEach(items)
        }
        let isDear = clock.now - start > Self.dear * items.count
        state.withLock { state in
            if isDear { state.batchesToPause = state.nextPause }
            state.nextPause = isDear ? min(state.nextPause * 2, Self.pauses.upperBound) : Self.pauses.lowerBound
        }
        // An error may have been told to the batch before, while this one's files were being written.
        return items.map { item in
            do throws(FileError) {
                try item.file.checkWriteOut()
                return nil
            } catch {
                return error
            }
        }
    }

    private func syncEach(_ items: [Item]) -> [FileError?] {
        for item in items.dropFirst() { item.file.startWriteOut() }
        // A folder that several files went into is synced once; its failure is everybody's who needs it.
        var folders: [String: FileError?] = [:]
        return items.map { item in
            do throws(FileError) {
                try item.file.syncData()
                guard let folder = item.folder else { return nil }
                if let known = folders[folder] {
                    if let error = known { throw error }
                    return nil
                }
                do throws(FileError) {
                    try OpenFile.folder(folder).sync()
                    folders.updateValue(nil, forKey: folder)
                } catch {
                    folders.updateValue(error, forKey: folder)
                    throw error
                }
                return nil
            } catch {
                return error
            }
        }
    }
}
