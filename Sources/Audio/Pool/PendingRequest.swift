import Core
import Synchronization

/// One request from the moment it is made until its task goes on. Exactly one of result, failure and cancellation
/// reaches the task.
final class PendingRequest: Sendable {
    typealias Continuation = CheckedContinuation<AudioReport, any Error>

    private struct State {
        var continuation: Continuation?
        var isCancelled = false
        var worker: WorkerProcess?
    }

    let input: String
    let listenOutput: String?
    let waveformOutput: String?
    let repairedOutput: String?
    let options: MediaOptions
    let progress: @Sendable (Double) -> Void
    private let state = Mutex(State())

    init(
        input: String, listenOutput: String?, waveformOutput: String?, repairedOutput: String?, options: MediaOptions,
        progress: @escaping @Sendable (Double) -> Void
    ) {
        self.input = input
        self.listenOutput = listenOutput
        self.waveformOutput = waveformOutput
        self.repairedOutput = repairedOutput
        self.options = options
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

    func finish(_ result: Result<AudioReport, MediaError>) {
        let (continuation, isCancelled) = state.withLock { state in
            defer {
                state.continuation = nil
                state.worker = nil
            }
            return (state.continuation, state.isCancelled)
        }
        switch result {
        case .success(let report): continuation?.resume(returning: report)
        case .failure where isCancelled: continuation?.resume(throwing: CancellationError())
        case .failure(let error): continuation?.resume(throwing: error)
        }
    }
}
