public import Core
import Dispatch

/// The server's side of the media workers: starts them when there is work, hands each one recording at a time, and
/// replaces those that die, hang or grow.
///
/// Guaranteed: a hostile file costs one request and one worker process, never the server. A request that throws leaves
/// no output files behind. Nothing here blocks a thread of the cooperative pool; every worker has a thread of its own,
/// which is also what its life is bound to (`PR_SET_PDEATHSIG`).
public final class MediaWorkerPool: Sendable {
    private let queue: WorkQueue

    /// - Parameters:
    ///   - executable: the program to start, as a path; normally this program itself, `/proc/self/exe`.
    ///   - arguments: what makes it call `MediaWorker.run()`.
    ///   - count: the most workers at the same time, at least 1. Each takes one core while it works.
    ///   - keepsReady: whether a worker that ended in its work is replaced at once, and not when there is work again: for what must
    ///     not wait for the start of a process.
    public init(
        executable: String, arguments: [String] = ["media-worker"], count: Int,
        keepsReady: Bool = false, limits: MediaWorkerLimits = MediaWorkerLimits()
    ) {
        queue = WorkQueue(
            command: WorkerCommand(executable: executable, arguments: arguments), count: max(1, count),
            keepsReady: keepsReady, limits: limits)
    }

    /// Starts workers that there will be work for, so that it need not wait for them. Returns at once.
    /// - Parameter workers: how many there are then, at most as many as the pool may have.
    public func prepare(_ workers: Int = 1) {
        queue.prepare(workers)
    }

    deinit {
        queue.close()
    }

    /// Has a worker process a recording, waiting for a free one.
    ///
    /// Cancelling the task ends the worker at once and throws `CancellationError`.
    ///
    /// - Parameters:
    ///   - input: path of the recording, a regular file.
    ///   - listenOutput: path of a file to create for the `listen` rendition, or `nil`. It must not exist.
    ///   - waveformOutput: path of a file to create for the waveform, or `nil`. It must not exist.
    ///   - repairedOutput: path of a file to create for a copy that can be sought in, or `nil`. It must not exist; it stays
    ///     empty when the recording needs no repair.
    ///   - progress: called from a thread of the pool, at most about ten times a second, with 0 to 1; must not block.
    /// - Returns: the report. The outputs are complete, but not yet on disk: `fsync` is the caller's.
    /// - Throws: `MediaError`, or `CancellationError`. The outputs are removed then.
    public func process(
        input: String, listenOutput: String?, waveformOutput: String?, repairedOutput: String? = nil,
        options: MediaOptions = MediaOptions(), progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> AudioReport {
        let work = ProcessWork(
            options: options, wantsListen: listenOutput != nil, wantsWaveform: waveformOutput != nil,
            wantsRepaired: repairedOutput != nil)
        let outputs = [listenOutput, waveformOutput, repairedOutput].compactMap { $0.map(PendingRequest.Output.file) }
        let answer = try await ask(
            PendingRequest(.process(work), inputs: [input], outputs: outputs, progress: progress))
        guard case .report(let report) = answer.result else { throw Self.wrongAnswer }
        return report
    }

    /// Has a worker write an edit to a file, waiting for a free one.
    ///
    /// Cancelling the task ends the worker at once and throws `CancellationError`.
    ///
    /// - Parameters:
    ///   - sources: for each recording that is heard the path of its file, a regular one.
    ///   - output: path of a file to create. It must not exist.
    ///   - progress: called from a thread of the pool, at most about ten times a second, with 0 to 1; must not block.
    /// - Returns: what was made. The output is complete, but not yet on disk: `fsync` is the caller's.
    /// - Throws: `MediaError`, or `CancellationError`. The output is removed then.
    public func render(
        _ request: RenderRequest, sources: [Recording.ID: String], output: String,
        options: MediaOptions = MediaOptions(), progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> RenderResult {
        let used = request.list.usedSources
        let work = RenderWork(request: request, sources: used, options: options)
        // Samples of 16 bit in stereo, twice for what has to be measured first.
        let bytes = request.list.length * (request.list.settings.normalize == nil ? 4 : 8)
        let answer = try await ask(
            PendingRequest(
                .render(work), inputs: try Self.paths(of: used, in: sources), outputs: [.file(output)],
                extraBytes: bytes, progress: progress))
        guard case .rendered(let result) = answer.result else { throw Self.wrongAnswer }
        return result
    }

    /// Has a worker render a part of an edit, to be heard at once.
    ///
    /// Requests wait for their turn behind those that came before, exports and analyses included: what plays an edit
    /// wants a pool of its own.
    ///
    /// - Parameters:
    ///   - request: at most ``PreviewRequest/maximumBytes`` of the edit's ``WAVStream``.
    ///   - sources: for each recording that is heard the path of its file, a regular one.
    /// - Returns: the bytes; fewer than asked for where the stream ends before.
    /// - Throws: `MediaError`, or `CancellationError`.
    public func preview(
        _ request: PreviewRequest, sources: [Recording.ID: String], options: MediaOptions = MediaOptions()
    ) async throws -> [UInt8] {
        let used = request.list.usedSources
        let work = PreviewWork(request: request, sources: used, options: options)
        let answer = try await ask(
            PendingRequest(
                .preview(work), inputs: try Self.paths(of: used, in: sources), outputs: [.memory],
                progress: { _ in }))
        guard case .previewed = answer.result else { throw Self.wrongAnswer }
        return answer.bytes
    }

    /// Waits for a worker and its answer.
    private func ask(_ request: PendingRequest) async throws -> PendingRequest.Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if request.begin(continuation) { queue.add(request) }
            }
        } onCancel: {
            request.cancel()
        }
    }

    private static func paths(
        of recordings: [Recording.ID], in sources: [Recording.ID: String]
    ) throws(MediaError) -> [String] {
        var paths: [String] = []
        for recording in recordings {
            guard let path = sources[recording] else { throw .sourceMissing(recording: "\(recording)") }
            paths.append(path)
        }
        return paths
    }

    private static let wrongAnswer = MediaError.internalFailure(stage: "an answer to another question")

    /// How busy the pool is, for metrics and health.
    public var status: Status { queue.status }

    /// Ends all workers and waits until they are gone. Requests that run or wait throw `MediaError.shutDown`; later
    /// ones too.
    public func shutdown() async {
        queue.close()
        await withCheckedContinuation { queue.whenEnded($0) }
    }

    /// How busy a pool is.
    public struct Status: Sendable, Hashable {
        /// Requests that wait for a worker.
        public var waiting = 0
        /// Requests that a worker is at.
        public var running = 0
        /// Workers that ended unexpectedly or had to be killed since the start.
        public var lostWorkers = 0
        /// The process ids of the workers that live.
        public var processIdentifiers: [Int32] = []
    }
}
