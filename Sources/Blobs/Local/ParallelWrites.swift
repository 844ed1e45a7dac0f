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

    /// Whoever joins takes one write after the other until none is left. A helper that comes late finds nothing, and holds
    /// on to nothing.
    private final class Work: Sendable {
        private struct State {
            var writes: [FileWrite]
            var next = 0
            var files: [Int: Result<OpenFile, FileError>] = [:]
        }

        private let state: Mutex<State>
        private let finished = DispatchSemaphore(value: 0)

        init(_ writes: [FileWrite]) {
            state = Mutex(State(writes: writes))
        }

        func join() {
            while let (position, write) = take() {
                let result = Result { () throws(FileError) in try write.perform() }
                let isLast = state.withLock { state in
                    state.files[position] = result
                    return state.files.count == state.writes.count
                }
                if isLast { finished.signal() }
            }
        }

        private func take() -> (Int, FileWrite)? {
            state.withLock { state in
                guard state.next < state.writes.count else { return nil }
                defer { state.next += 1 }
                return (state.next, state.writes[state.next])
            }
        }

        func results() -> [Result<OpenFile, FileError>] {
            finished.wait()
            return state.withLock { state in
                defer { state = State(writes: []) }
                return state.files.sorted { $0.key < $1.key }.map(\.value)
            }
        }
    }
}
