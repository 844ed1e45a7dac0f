#if FAILURE_POINTS
    import Glibc
    import Synchronization
#endif

/// A named place between two steps of storing, where a test can have the process killed as by SIGKILL.
///
/// `VOICENOTE_FAILURE_POINT=NAME` kills at the first passing, `NAME:N` at the Nth. Builds for release contain nothing
/// of this.
public enum FailurePoint: String, Sendable, CaseIterable {
    /// The row of a new upload is committed, nothing answered.
    case uploadCreated = "upload.created"
    /// Bytes are in the file, not synced.
    case appendWritten = "append.written"
    /// The file is synced, its row says less.
    case appendSynced = "append.synced"
    /// The row is committed, nothing answered.
    case appendRecorded = "append.recorded"
    /// All bytes of an upload came; it has no blob yet.
    case completeBegun = "complete.begun"
    /// The blob has its name, nothing is synced.
    case completeLinked = "complete.linked"
    /// Blob and folder are synced, no transaction has begun.
    case completeSynced = "complete.synced"
    /// The transaction is committed, the temporary name is still there.
    case completeRecorded = "complete.recorded"
    case noteWritten = "note.written"
    case noteLinked = "note.linked"
    case noteSynced = "note.synced"
    case noteRecorded = "note.recorded"
    /// The blob of a recording that came alone has its name, nothing is synced.
    case noteFiled = "note.filed"
    /// Its journal entry is on disk, no row is.
    case noteJournaled = "note.journaled"
    case renditionLinked = "rendition.linked"
    case renditionSynced = "rendition.synced"
    /// A job's effect is committed, nothing is cleaned up.
    case jobRecorded = "job.recorded"
    /// A note's rows are deleted, its files are there.
    case deleteRecorded = "delete.recorded"

    #if FAILURE_POINTS
        /// The point that the environment names, and how many passings are left.
        private static let wanted = Mutex(parse(getenv("VOICENOTE_FAILURE_POINT").map { String(cString: $0) }))

        private static func parse(_ text: String?) -> (point: FailurePoint, left: Int)? {
            let parts = text?.split(separator: ":") ?? []
            guard let name = parts.first, let point = FailurePoint(rawValue: String(name)) else { return nil }
            return (point, parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
        }

        /// Kills the process if it is to die here.
        public func pass() {
            let isFatal = Self.wanted.withLock { wanted in
                guard wanted?.point == self else { return false }
                wanted?.left -= 1
                return wanted?.left == 0
            }
            if isFatal { kill(getpid(), SIGKILL) }
        }
    #else
        @inlinable public func pass() {}
    #endif
}
