import Core

/// What the server asks of a worker. The descriptors travel beside it: input, then listen output, then waveform
/// output, then repaired output, as far as they are wanted.
struct WorkerRequest: Codable, Sendable {
    var options: MediaOptions
    var wantsListen: Bool
    var wantsWaveform: Bool
    var wantsRepaired: Bool

    var descriptorCount: Int { 1 + [wantsListen, wantsWaveform, wantsRepaired].count { $0 } }
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
    case finished(AudioReport, peakResidentBytes: Int64)
    /// The request failed; the worker lives on.
    case failed(MediaError, peakResidentBytes: Int64)
}
