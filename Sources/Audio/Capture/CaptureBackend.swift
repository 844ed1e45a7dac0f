/// Which sound system a recording is captured from. The raw value is libavdevice's name for it.
public enum CaptureBackend: String, Sendable, Codable, CaseIterable {
    /// PulseAudio, or PipeWire in its place.
    case pulse
    /// The kernel's own interface, through alsa-lib.
    case alsa

    /// What people call it.
    public var title: String {
        switch self {
        case .pulse: "PulseAudio or PipeWire"
        case .alsa: "ALSA"
        }
    }
}
