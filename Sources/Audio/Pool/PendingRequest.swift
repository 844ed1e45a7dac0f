import Core
import Synchronization

/// One request from the moment it is made until its task goes on. Exactly one of result, failure and cancellation
/// reaches the task.
final class PendingRequest: Sendable {
    typealias Continuation = CheckedContinuation<Answer, any Error>

    /// A file that the worker writes.
    enum Output: Sendable {
        /// One that must not exist yet.
        case file(String)
        /// One in memory, whose bytes are part of the answer.
        case memory
    }

    /// What the task gets.
    struct Answer: Sendable {
        let result: WorkerResult
        /// The bytes of the outputs in memory.
        var bytes: [UInt8] = []
    }

    private struct State {
        var continuation: Continuation?
        var isCancelled = false
        var worker: WorkerProcess?
    }

    let message: WorkerRequest
    /// The files that the worker reads, in the order in which the message expects them.
    let inputs: [String]
    /// The files that it writes, in that order.
    let outputs: [Output]
    /// How much there is to do beside the bytes of the inputs, counted as such.
    let extraBytes: Int64
    let progress: @Sendable (Double) -> Void
    private let state = Mutex(State())

    init(
        _ message: WorkerRequest, inputs: [String], outputs: [Output], extraBytes: Int64 = 0,
        progress: @escaping @Sendable (Double) -> Void
    ) {
        self.message = message
        self.inputs = inputs
        self.outputs = outputs
        self.extraBytes = extraBytes
        self.progress = progress
    }

    /// Ties the request to its task; `false` when it was cancelled before.
    func begin(_ continuation: Continuation) -> Bool {
        let accepted = state.withLock { state in
            guard !state.isCancelled else { return false }
            state.continuation = continuation
            return true
        }
        if !accepted { continuation.resume(throwing: CancellationError()) }
        return accepted
    }

    /// Lets cancellation reach the worker; `false` when the request needs none any more.
    func isTaken(by worker: WorkerProcess) -> Bool {
        state.withLock { state in
            guard !state.isCancelled else { return false }
            state.worker = worker
            return true
        }
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// A waiting request ends at once. A running one ends when its worker is dead and its outputs are removed.
    func cancel() {
        let (continuation, worker): (Continuation?, WorkerProcess?) = state.withLock { state in
            state.isCancelled = true
            guard state.worker == nil else { return (nil, state.worker) }
            defer { state.continuation = nil }
            return (state.continuation, nil)
        }
        worker?.kill()
        continuation?.resume(throwing: CancellationError())
    }

    func finish(_ result: Result<Answer, MediaError>) {
        let (continuation, isCancelled) = state.withLock { state in
            defer {
                state.continuation = nil
                state.worker = nil
            }
            return (state.continuation, state.isCancelled)
        }
        switch result {
        case .success(let answer): continuation?.resume(returning: answer)
        case .failure where isCancelled: continuation?.resume(throwing: CancellationError())
        case .failure(let error): continuation?.resume(throwing: error)
        }
    }
}
