import Core

/// The place of one worker: starts it when there is work, talks to it, and replaces it. Used from one thread, which
/// blocks here while the worker works.
final class WorkerSeat {
    private let queue: WorkQueue
    private let command: WorkerCommand
    private let limits: MediaWorkerLimits
    private var worker: WorkerProcess?
    private var served = 0

    init(queue: WorkQueue, command: WorkerCommand, limits: MediaWorkerLimits) {
        self.queue = queue
        self.command = command
        self.limits = limits
    }

    /// Carries a request to its end.
    func serve(_ request: PendingRequest) {
        guard !request.isCancelled else { return request.finish(.failure(.shutDown)) }
        do {
            let files = try RequestFiles(request)
            do {
                request.finish(.success(try work(on: request, files)))
            } catch {
                files.removeOutputs()
                request.finish(.failure(error))
            }
        } catch {
            request.finish(.failure(error))
        }
    }

    /// Starts the worker, if there is none. Where that fails, the next request says so.
    func prepare() {
        _ = try? readyWorker()
    }

    /// Ends the worker, if there is one.
    func leave() {
        _ = dismiss(wasLost: false)
    }

    private func work(
        on request: PendingRequest, _ files: RequestFiles
    ) throws(MediaError) -> PendingRequest.Answer {
        guard files.inputBytes > 0 || request.inputs.isEmpty else { throw .empty }
        let worker = try readyWorker()
        guard request.isTaken(by: worker) else { throw .shutDown }
        let total = limits.total(inputBytes: files.inputBytes + request.extraBytes)
        let end = ContinuousClock.now + total
        do {
            try worker.channel.send(request.message, descriptors: files.all)
            while true {
                let deadline = min(end, .now + limits.stall)
                switch try receive(from: worker, deadline) {
                case .progress(let share): request.progress(min(1, max(0, share)))
                case .finished(let result, let resident):
                    retire(after: resident)
                    request.progress(1)
                    return PendingRequest.Answer(result: result, bytes: try files.bytesInMemory())
                case .failed(let error, let resident):
                    retire(after: error == .outOfMemory ? .max : resident)
                    throw error
                case .ready, .unavailable: throw WorkerChannel.Failure.malformed
                }
            }
        } catch let error as MediaError {
            throw error
        } catch WorkerChannel.Failure.timedOut {
            _ = dismiss(wasLost: true)
            let limit = ContinuousClock.now >= end ? total : limits.stall
            throw .timedOut(seconds: Int(limit.components.seconds))
        } catch {
            let signal = dismiss(wasLost: true)
            throw queue.isClosed ? .shutDown : .workerCrashed(signal: signal)
        }
    }

    private func receive(
        from worker: WorkerProcess, _ deadline: ContinuousClock.Instant
    ) throws -> WorkerReply {
        let (reply, descriptors) = try worker.channel.receive(WorkerReply.self, deadline: deadline)
        // A worker has nothing to hand over.
        guard descriptors.isEmpty else { throw WorkerChannel.Failure.malformed }
        return reply
    }

    private func readyWorker() throws(MediaError) -> WorkerProcess {
        if let worker {
            if !worker.hasEnded { return worker }
            _ = dismiss(wasLost: true)
        }
        let started = try WorkerProcess(command)
        guard queue.register(started) else { throw .shutDown }
        worker = started
        served = 0
        let reply: WorkerReply
        do {
            reply = try receive(from: started, .now + limits.start)
        } catch {
            let signal = dismiss(wasLost: true)
            if queue.isClosed { throw .shutDown }
            throw .workerUnavailable(reason: "\(command.executable) did not get ready (signal \(signal))")
        }
        if case .ready = reply { return started }
        _ = dismiss(wasLost: true)
        if case .unavailable(let reason) = reply { throw .workerUnavailable(reason: reason) }
        throw .workerUnavailable(reason: "\(command.executable) does not speak the worker's protocol")
    }

    private func retire(after residentBytes: Int64) {
        served += 1
        if served >= limits.requestsPerWorker || residentBytes > limits.residentBytes { _ = dismiss(wasLost: false) }
    }

    private func dismiss(wasLost: Bool) -> Int32 {
        guard let worker else { return 0 }
        queue.forget(worker, wasLost: wasLost)
        self.worker = nil
        return worker.end()
    }
}
