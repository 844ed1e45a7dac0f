import Audio
import Glibc

/// Why a recording ended.
enum RecordingEnd: Sendable, Hashable {
    /// Somebody ended it.
    case stopped
    case timeLimit
    case sizeLimit
    /// It is as large as the place takes that it goes to.
    case largest
    /// The disk is nearly full; bytes that are free.
    case spaceLow(Int64)
    case deviceLost(CaptureError)
    /// The device delivered nothing any more.
    case deviceSilent(String)
    /// The disk could not keep up.
    case tooSlow
    case writeFailed(MediaError)

    /// What a person is told about a recording that they did not end; nil for one that they did.
    var sentence: String? {
        switch self {
        case .stopped: nil
        case .timeLimit: "The time limit is reached."
        case .sizeLimit: "The size limit is reached."
        case .largest: "The recording is as large as it can be here (limits.largestFileMB); record the rest as another."
        case .spaceLow(let free):
            "The disk is nearly full (\(StorageWork.bytes(free)) free, limits.minimumFreeMB says how much must stay); "
                + "free some space."
        case .deviceLost(let error): error.description
        case .deviceSilent(let name): "The microphone \(name) delivered nothing for ten seconds."
        case .tooSlow: "The disk could not keep up with the recording."
        case .writeFailed(.outputFailed(let number)):
            "The recording could not be written: \(String(cString: strerror(number)))."
        case .writeFailed(let error): "The recording could not be written (\(error.code))."
        }
    }

    /// Whether it ended as nobody wanted.
    var isFailure: Bool {
        switch self {
        case .stopped, .timeLimit, .sizeLimit: false
        case .largest, .spaceLow, .deviceLost, .deviceSilent, .tooSlow, .writeFailed: true
        }
    }
}
