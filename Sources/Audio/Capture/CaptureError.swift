/// Why nothing can be recorded, or why a recording ended by itself.
///
/// `code` is stable and meant for programs, `description` is a sentence for people that says what to do next.
public enum CaptureError: Error, Sendable, Hashable {
    /// libavdevice is not installed; `name` is the file that was looked for.
    case libraryMissing(name: String)
    /// libavdevice was built without this sound system.
    case backendMissing(CaptureBackend)
    /// The sound system is not running, or does not let this user in.
    case noAnswer(CaptureBackend)
    case unknownDevice(String, CaptureBackend)
    /// Several devices have the text in their names.
    case ambiguousDevice(String, [String])
    /// Another program has the device for itself.
    case busy(String)
    case notPermitted(String)
    /// The device does not record at this rate, with so many channels or bits.
    case formatRefused(String, CaptureFormat)
    /// The device cannot be opened, for another reason.
    case failed(String, reason: String)
    /// The device went away while it was recorded from, or the sound system ended.
    case lost(String)

    /// A stable code for programs and logs.
    public var code: String {
        switch self {
        case .libraryMissing: "capture_library_missing"
        case .backendMissing: "capture_backend_missing"
        case .noAnswer: "sound_system_away"
        case .unknownDevice: "unknown_device"
        case .ambiguousDevice: "ambiguous_device"
        case .busy: "device_busy"
        case .notPermitted: "device_not_permitted"
        case .formatRefused: "device_format_refused"
        case .failed: "device_failed"
        case .lost: "device_lost"
        }
    }
}

extension CaptureError: CustomStringConvertible {
    /// What happened and what to do, for people.
    public var description: String {
        switch self {
        case .libraryMissing(let name):
            "Recording needs FFmpeg's \(name), which is not there. On Debian: apt-get install "
                + "\(CaptureLibrary.package)"
        case .backendMissing(let backend):
            "This FFmpeg cannot record from \(backend.title). Choose the other one with --backend."
        case .noAnswer(let backend):
            "\(backend.title) does not answer. Start it, or choose the other one with --backend."
        case .unknownDevice(let name, let backend):
            "\(backend.title) has no microphone \(name); voicenote record --list-devices shows what there is."
        case .ambiguousDevice(let text, let names):
            "Several microphones are called \(text): \(names.joined(separator: ", ")). Give a whole name."
        case .busy(let name):
            "Another program uses the microphone \(name). End it, or choose another microphone with --device."
        case .notPermitted(let name):
            "You may not record from \(name). With ALSA, you must be in the group audio."
        case .formatRefused(let name, let format):
            "The microphone \(name) does not record \(format). Choose other values with --rate and --channels; with "
                + "ALSA, a device whose name begins with plughw converts."
        case .failed(let name, let reason):
            "The microphone \(name) cannot be opened: \(reason). voicenote record --list-devices shows what there is."
        case .lost(let name):
            "The microphone \(name) went away, or the sound system ended."
        }
    }
}
