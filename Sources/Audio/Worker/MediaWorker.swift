import CLibAV
import CSandbox
import Core
import Glibc

/// The media worker: a process of the same binary that handles one recording after the other behind the walls of
/// `Sandbox`. Its descriptor 0 is a socket to the server, over which requests come with their open files.
public enum MediaWorker {
    private static let socket: Int32 = 0
    private static let progressInterval: Duration = .milliseconds(100)

    /// Serves requests until the server closes the socket, and answers the exit code.
    ///
    /// Call it first thing in the process, from its main thread, without anything else running: it closes the
    /// sandbox around the whole process and for good.
    public static func run() -> Int32 {
        let channel = WorkerChannel(socket: socket)
        let status = vn_open_own_status()
        do {
            try prepare()
            try Sandbox.limit()
            try Sandbox.filterSystemCalls(channel: socket)
        } catch {
            // Without walls there is no work.
            try? channel.send(WorkerReply.unavailable(reason: "\(error)"))
            return EXIT_FAILURE
        }
        do {
            try channel.send(WorkerReply.ready)
            while true { try serve(channel, status: status) }
        } catch WorkerChannel.Failure.closed {
            return EXIT_SUCCESS
        } catch {
            return EXIT_FAILURE
        }
    }

    private static func serve(_ channel: WorkerChannel, status: Int32) throws {
        let (request, descriptors) = try channel.receive(WorkerRequest.self)
        defer { for descriptor in descriptors { close(descriptor) } }
        guard descriptors.count == request.descriptorCount else { throw WorkerChannel.Failure.malformed }
        let reply: WorkerReply
        do {
            let result = try work(request, descriptors) { share in
                // When the server is gone, nobody needs the result.
                do { try channel.send(WorkerReply.progress(share)) } catch { exit(EXIT_FAILURE) }
            }
            reply = .finished(result, peakResidentBytes: vn_peak_resident_bytes(status))
        } catch {
            reply = .failed(error, peakResidentBytes: vn_peak_resident_bytes(status))
        }
        try channel.send(reply)
    }

    private static func work(
        _ request: WorkerRequest, _ descriptors: [Int32], _ report: @escaping (Double) -> Void
    ) throws(MediaError) -> WorkerResult {
        var last = ContinuousClock.now
        func progress(_ share: Double) {
            let now = ContinuousClock.now
            guard now - last >= progressInterval else { return }
            last = now
            report(share)
        }
        switch request {
        case .process(let work):
            return .report(try process(work, descriptors, progress))
        case .render(let work):
            return .rendered(
                try RenderEngine(options: work.options).render(
                    work.request, sources: sources(work.sources, descriptors), output: descriptors[work.sources.count],
                    progress: progress))
        case .preview(let work):
            return .previewed(
                byteCount: try RenderEngine(options: work.options).preview(
                    work.request, sources: sources(work.sources, descriptors), output: descriptors[work.sources.count],
                    progress: progress))
        }
    }

    private static func process(
        _ work: ProcessWork, _ descriptors: [Int32], _ progress: (Double) -> Void
    ) throws(MediaError) -> AudioReport {
        var outputs = descriptors.dropFirst()
        let listen = work.wantsListen ? outputs.popFirst() : nil
        let waveform = work.wantsWaveform ? outputs.popFirst() : nil
        let repaired = work.wantsRepaired ? outputs.popFirst() : nil
        return try MediaEngine(options: work.options).process(
            input: descriptors[0], listenOutput: listen, waveformOutput: waveform, repairedOutput: repaired,
            progress: progress)
    }

    private static func sources(_ recordings: [Recording.ID], _ descriptors: [Int32]) -> [Recording.ID: Int32] {
        Dictionary(zip(recordings, descriptors)) { first, _ in first }
    }

    /// Loads what is loaded lazily while files can still be opened: libav's tables, its filters, JSON coding, the time
    /// zone.
    private static func prepare() throws {
        av_log_set_level(AV_LOG_QUIET)
        tzset()
        let engine = MediaEngine(options: MediaOptions())
        let input = try WarmUp.makeInput()
        let outputs = try [WarmUp.makeFile(), WarmUp.makeFile()]
        defer { for descriptor in outputs + [input] { close(descriptor) } }
        let report = try engine.process(input: input, listenOutput: outputs[0], waveformOutput: outputs[1]) { _ in }
        try WarmUp.roundTrip(WorkerReply.finished(.report(report), peakResidentBytes: 0))
        try WarmUp.roundTrip(
            WorkerRequest.process(
                ProcessWork(options: engine.options, wantsListen: true, wantsWaveform: true, wantsRepaired: true)))
        try WarmUp.roundTrip(WorkerReply.failed(.empty, peakResidentBytes: 0))
        try WarmUp.render(input)
    }
}
