import Core

/// What the server asks of a worker. The descriptors travel beside it, inputs first.
enum WorkerRequest: Codable, Sendable {
    case process(ProcessWork)
    case render(RenderWork)
    case preview(PreviewWork)

    var descriptorCount: Int {
        switch self {
        case .process(let work): work.descriptorCount
        case .render(let work): work.sources.count + 1
        case .preview(let work): work.sources.count + 1
        }
    }
}

/// A recording to be analysed. Its descriptors: input, then listen output, then waveform output, then repaired output,
/// as far as they are wanted.
struct ProcessWork: Codable, Sendable {
    var options: MediaOptions
    var wantsListen: Bool
    var wantsWaveform: Bool
    var wantsRepaired: Bool

    var descriptorCount: Int { 1 + [wantsListen, wantsWaveform, wantsRepaired].count { $0 } }
}

/// An edit to be exported. Its descriptors: the sources in this order, then the output.
struct RenderWork: Codable, Sendable {
    var request: RenderRequest
    var sources: [Recording.ID]
    var options: MediaOptions
}

/// A part of an edit to be heard. Its descriptors: the sources in this order, then the output.
struct PreviewWork: Codable, Sendable {
    var request: PreviewRequest
    var sources: [Recording.ID]
    var options: MediaOptions
}

/// What a worker tells the server.
enum WorkerReply: Codable, Sendable {
    /// The sandbox is closed and requests may come.
    case ready
    /// The sandbox cannot be closed here, so that the worker does not work.
    case unavailable(reason: String)
    /// The share of the current request that is done. Also says that the worker is alive.
    case progress(Double)
    /// The request is done; the worker's highest memory use so far, in bytes.
    case finished(WorkerResult, peakResidentBytes: Int64)
    /// The request failed; the worker lives on.
    case failed(MediaError, peakResidentBytes: Int64)
}

/// What came of a request.
enum WorkerResult: Codable, Sendable {
    case report(AudioReport)
    case rendered(RenderResult)
    /// So many bytes are in the output.
    case previewed(byteCount: Int64)
}
