import Glibc

extension MediaError: CustomStringConvertible {
    /// What happened and what to do, for people.
    public var description: String {
        switch self {
        case .empty:
            "The file is empty. Record or upload it again."
        case .notAudio(let looksLike):
            "This file holds no audio that VoiceNote can read."
                + (looksLike.map { " It looks like \($0.phrase)." } ?? "")
        case .unsupportedFormat(let name):
            "VoiceNote does not read this format (\(name)). Convert the file to WAV, FLAC, MP3, M4A or Ogg first."
        case .noAudioStream:
            "This file holds no sound, only other content."
        case .damaged(let container):
            "This \(container) file is damaged: nothing in it can be played. Upload it again from where it came from."
        case .truncated(let container):
            "This \(container) file was cut off: the part that says where its audio is, is missing. Upload it again."
        case .tooLong(let limit):
            "The recording is longer than \(Self.hours(limit)), the longest that is allowed. Split it and try again."
        case .tooManyChannels(let channels, let limit):
            "The file says that it has \(channels) channels; at most \(limit) are possible."
        case .sampleRateOutOfRange(let hertz, let limit):
            "The file says that it has \(hertz) samples a second; 1000 to \(limit) are possible."
        case .inputUnreadable(let errno):
            "The recording could not be read: \(Self.text(errno)). Check the disk, then run the processing again."
        case .outputFailed(let errno):
            "What was made from the recording could not be written: \(Self.text(errno)). Check the free space, then run "
                + "the processing again."
        case .sourceMissing(let recording):
            "The recording \(recording), which the edit takes from, is not there. Remove it from the edit, or wait "
                + "until it was fetched."
        case .unsupportedOutput(let reason):
            "The edit cannot be exported like this. \(reason)"
        case .outOfMemory:
            "The recording needed more memory than processing may use. Run the processing again."
        case .internalFailure(let stage):
            "The recording could not be processed (\(stage)). Report this with the file, if you can share it."
        case .workerCrashed(let signal):
            "The process that works on recordings ended unexpectedly"
                + (signal > 0 ? " (signal \(signal))" : "") + ". The recording is safe; run the processing again."
        case .timedOut(let seconds):
            "Processing was stopped after \(seconds) seconds without an end. The recording is safe; run it again."
        case .workerUnavailable(let reason):
            "No process to work on recordings could be started: \(reason)."
        case .shutDown:
            "VoiceNote is shutting down; the recording is processed after the next start."
        }
    }

    private static func hours(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) seconds"
        case ..<7_200: "\(seconds / 60) minutes"
        default: "\(seconds / 3_600) hours"
        }
    }

    private static func text(_ errno: Int32) -> String {
        String(cString: strerror(errno))
    }
}

extension MediaError.ForeignContent {
    fileprivate var phrase: String {
        switch self {
        case .text: "text"
        case .html: "a web page"
        case .pdf: "a PDF document"
        case .zip: "a ZIP archive or an office document"
        case .gzip: "a compressed archive"
        case .image: "a picture"
        case .program: "a program"
        case .zeros: "a file of nothing but zeros, as a failed copy leaves behind"
        }
    }
}
