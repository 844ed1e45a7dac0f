import Dispatch
import NIOPosix
import Synchronization

/// Performs the writes of a batch, a few at a time: a disk takes several requests at once, and one thread that waits for
/// each write would leave it idle.
struct ParallelWrites: Sendable {
    let threads: NIOThreadPool
    /// Threads that join the calling one.
    private static let helpers = 3

    /// The file of each write, in their order. Blocks until all are done.
    func perform(_ writes: [FileWrite]) -> [Result<OpenFile, FileError>] {
        guard !writes.isEmpty else { return [] }
        let work = Work(writes)
        for _ in 0..<min(Self.helpers, writes.count - 1) { threads.submit { _ in work.join() } }
        work.join()
        return work.results()
    }

    /// Whoever joins takes one write after the other until none is left, so that a helper that comes late, or never, costs
    /// nothing.
    private final class Work: Sendable {
        private let writes: [FileWrite]
        private let next = Atomic(0)
        private let files: Mutex<[Int: Result<OpenFile, FileError>]> = Mutex([:])
        private let finished = DispatchSemaphore(value: 0)

        init(_ writes: [FileWrite]) {
            self.writes = writes
        }

        func join() {
            while true {
                let position = next.add(1, ordering: .relaxed).oldValue
                guard position < writes.count else { return }
                let result = Result { () throws(FileError) in try writes[position].perform() }
                let isLast = files.withLock { files in
                    files[position] = result
                    return files.count == writes.count
                }
                if isLast { finished.signal() }
            }
        }

        func results() -> [Result<OpenFile, FileError>] {
            finished.wait()
            return files.withLock { files in files.sorted { $0.key < $1.key }.map(\.value) }
        }
    }
}
