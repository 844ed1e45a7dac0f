/// Why a recording could not be processed.
///
/// `code` is stable and meant for programs, `description` is a sentence for people that says what to do next, and
/// `isTransient` says whether trying again can help: it can when the worker died, it cannot when the file is bad.
public enum MediaError: Error, Codable, Sendable, Hashable {
    /// The file has no bytes.
    case empty
    /// The file is something else, as far as its first bytes tell.
    case notAudio(looksLike: ForeignContent?)
    /// The file is audio or video, in a container or codec that VoiceNote does not read.
    case unsupportedFormat(name: String)
    /// A container without an audio stream, such as a silent film.
    case noAudioStream
    /// The container was recognised, but nothing in it can be decoded.
    case damaged(container: String)
    /// The file was cut off before the part without which nothing in it can be read.
    case truncated(container: String)
    case tooLong(limitSeconds: Int)
    case tooManyChannels(channels: Int64, limit: Int)
    case sampleRateOutOfRange(hertz: Int64, limit: Int)
    /// The input cannot be read; `errno` of the operating system.
    case inputUnreadable(errno: Int32)
    /// An output cannot be written; `errno` of the operating system.
    case outputFailed(errno: Int32)
    /// No file was given for a recording that an edit takes from; its id.
    case sourceMissing(recording: String)
    /// An export was asked for with settings that its format does not have; `reason` is a sentence that says which.
    case unsupportedOutput(reason: String)
    /// The memory that a worker may have was not enough.
    case outOfMemory
    /// A library refused what should have worked.
    case internalFailure(stage: String)
    /// The worker died at the work; `signal` is what ended it, 0 when it ended by itself.
    case workerCrashed(signal: Int32)
    /// The worker took too long, or showed no progress for too long.
    case timedOut(seconds: Int)
    /// No worker could be started.
    case workerUnavailable(reason: String)
    /// The pool was shut down before the work was done.
    case shutDown

    /// What a file looks like that is not audio.
    public enum ForeignContent: String, Codable, Sendable, CaseIterable {
        case text, html, pdf, zip, gzip, image, program, zeros
    }

    /// A stable code for programs, logs and the API.
    public var code: String {
        switch self {
        case .empty: "empty_file"
        case .notAudio: "not_audio"
        case .unsupportedFormat: "unsupported_format"
        case .noAudioStream: "no_audio_stream"
        case .damaged: "damaged_file"
        case .truncated: "truncated_file"
        case .tooLong: "too_long"
        case .tooManyChannels: "too_many_channels"
        case .sampleRateOutOfRange: "sample_rate_out_of_range"
        case .inputUnreadable: "input_unreadable"
        case .outputFailed: "output_failed"
        case .sourceMissing: "source_missing"
        case .unsupportedOutput: "unsupported_output"
        case .outOfMemory: "out_of_memory"
        case .internalFailure: "internal_failure"
        case .workerCrashed: "worker_crashed"
        case .timedOut: "timed_out"
        case .workerUnavailable: "worker_unavailable"
        case .shutDown: "shut_down"
        }
    }

    /// Whether the same request may succeed later. A file that is bad stays bad.
    public var isTransient: Bool {
        switch self {
        case .inputUnreadable, .outputFailed, .outOfMemory, .workerCrashed, .timedOut, .workerUnavailable, .shutDown:
            true
        case .empty, .notAudio, .unsupportedFormat, .noAudioStream, .damaged, .truncated, .tooLong, .tooManyChannels,
            .sampleRateOutOfRange, .sourceMissing, .unsupportedOutput, .internalFailure:
            false
        }
    }
}
