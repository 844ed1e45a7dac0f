import NIOPosix
import Synchronization

/// The result of blocking work that was begun on a thread, to be waited for later, once.
final class ThreadResult<Value: Sendable>: Sendable {
    private enum State {
        case working
        case awaited(CheckedContinuation<Result<Value, any Error>, Never>)
        case done(Result<Value, any Error>)
    }

    private let state = Mutex(State.working)

    init(_ threads: NIOThreadPool, _ work: @escaping @Sendable () throws -> Value) {
        threads.submit { poolState in
            guard case .active = poolState else { return self.finish(.failure(CancellationError())) }
            self.finish(Result { try work() })
        }
    }

    var value: Result<Value, any Error> {
        get async {
            await withCheckedContinuation { continuation in
                let result: Result<Value, any Error>? = state.withLock { state in
                    if case .done(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        }
    }

    private func finish(_ result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Result<Value, any Error>, Never>? = state.withLock { state in
            defer { state = .done(result) }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(returning: result)
    }
}
