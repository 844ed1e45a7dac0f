import Dispatch
import Foundation
import Synchronization

/// The requests that wait, and the threads that take them. Each thread has at most one worker process.
final class WorkQueue: Sendable {
    private struct State {
        var waiting: [PendingRequest] = []
        var threads = 0
        var running = 0
        var isClosed = false
        var lostWorkers = 0
        var workers: [ObjectIdentifier: WorkerProcess] = [:]
        var enders: [CheckedContinuation<Void, Never>] = []
    }

    private let command: WorkerCommand
    private let count: Int
    private let keepsReady: Bool
    private let limits: MediaWorkerLimits
    private let state = Mutex(State())
    /// Counts the waiting requests, and one more for each thread at the end.
    private let work = DispatchSemaphore(value: 0)

    /// - Parameter keepsReady: whether a worker is started before there is work for it, once there was work.
    init(command: WorkerCommand, count: Int, keepsReady: Bool, limits: MediaWorkerLimits) {
        self.command = command
        self.count = count
        self.keepsReady = keepsReady
        self.limits = limits
    }

    var status: MediaWorkerPool.Status {
        state.withLock { state in
            MediaWorkerPool.Status(
                waiting: state.waiting.count, running: state.running, lostWorkers: state.lostWorkers,
                processIdentifiers: state.workers.values.map(\.processIdentifier).sorted())
        }
    }

    func add(_ request: PendingRequest) {
        let (accepted, needsThread) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(request)
            guard state.threads < count, state.waiting.count > state.threads - state.running else {
                return (true, false)
            }
            state.threads += 1
            return (true, true)
        }
        guard accepted else { return request.finish(.failure(.shutDown)) }
        if needsThread { startThread() }
        work.signal()
    }

    /// Starts so many workers, unless there are as many already.
    func prepare(_ wanted: Int) {
        let missing = state.withLock { state in
            guard !state.isClosed else { return 0 }
            let missing = max(0, min(wanted, count) - state.threads)
            state.threads += missing
            return missing
        }
        for _ in 0..<missing { startThread() }
    }

    func close() {
        let (waiting, workers, threads) = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return (state.waiting, Array(state.workers.values), state.threads)
        }
        for request in waiting { request.finish(.failure(.shutDown)) }
        for worker in workers { worker.kill() }
        for _ in 0..<threads { work.signal() }
    }

    /// Resumes when all threads, and with them all workers, have ended.
    func whenEnded(_ continuation: CheckedContinuation<Void, Never>) {
        let ended = state.withLock { state in
            if state.threads > 0 { state.enders.append(continuation) }
            return state.threads == 0
        }
        if ended { continuation.resume() }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Makes a started worker known; `false` when the pool was closed meanwhile.
    func register(_ worker: WorkerProcess) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.workers[ObjectIdentifier(worker)] = worker
            return true
        }
    }

    func forget(_ worker: WorkerProcess, wasLost: Bool) {
        state.withLock { state in
            state.workers[ObjectIdentifier(worker)] = nil
            if wasLost { state.lostWorkers += 1 }
        }
    }

    private func startThread() {
        let thread = Thread { [self] in
            let seat = WorkerSeat(queue: self, command: command, limits: limits)
            if keepsReady { seat.prepare() }
            while let request = next() {
                seat.serve(request)
                // Until the next one is ready, the seat counts as busy.
                if keepsReady { seat.prepare() }
                state.withLock { $0.running -= 1 }
            }
            seat.leave()
            end()
        }
        thread.name = "media-worker"
        thread.start()
    }

    private func next() -> PendingRequest? {
        while true {
            work.wait()
            let (request, isClosed): (PendingRequest?, Bool) = state.withLock { state in
                guard !state.isClosed else { return (nil, true) }
                guard !state.waiting.isEmpty else { return (nil, false) }
                state.running += 1
                return (state.waiting.removeFirst(), false)
            }
            if isClosed || request != nil { return request }
        }
    }

    private func end() {
        let enders = state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.enders = [] }
            return state.enders
        }
        for ender in enders { ender.resume() }
    }
}
