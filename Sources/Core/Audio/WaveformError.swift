/// Why bytes are not a waveform file of the BBC audiowaveform format, or not one of ours.
public enum WaveformError: Error, Sendable, Hashable {
    case tooShort(bytes: Int)
    case unknownVersion(Int32)
    case invalidSampleRate(Int32)
    case invalidSamplesPerPixel(Int32)
    case invalidChannels(Int32)
    /// The file's size does not follow from its header.
    case sizeMismatch(expected: Int64, actual: Int64)
    /// The zoom is not the base zoom times a power of two within the limits.
    case unsupportedZoom(samplesPerPixel: Int)

    /// A stable code for logs and answers.
    public var code: String {
        switch self {
        case .tooShort: "waveform_too_short"
        case .unknownVersion: "waveform_unknown_version"
        case .invalidSampleRate: "waveform_invalid_sample_rate"
        case .invalidSamplesPerPixel: "waveform_invalid_samples_per_pixel"
        case .invalidChannels: "waveform_invalid_channels"
        case .sizeMismatch: "waveform_size_mismatch"
        case .unsupportedZoom: "waveform_unsupported_zoom"
        }
    }
}

extension WaveformError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooShort(let bytes):
            "The waveform file has only \(bytes) bytes, less than its header needs. Process the recording again."
        case .unknownVersion(let version):
            "The waveform file has version \(version); versions 1 and 2 are known."
        case .invalidSampleRate(let rate):
            "The waveform file states a sample rate of \(rate) Hz; the least is 1 Hz."
        case .invalidSamplesPerPixel(let samples):
            "The waveform file states \(samples) samples per pixel; the least is 2."
        case .invalidChannels(let channels):
            "The waveform file states \(channels) channels; 1 to \(WaveformHeader.maximumChannels) are possible."
        case .sizeMismatch(let expected, let actual):
            "The waveform file should have \(expected) bytes and has \(actual). Process the recording again."
        case .unsupportedZoom(let samples):
            "A zoom of \(samples) samples per pixel is not offered: use 256 times a power of two up to 1048576."
        }
    }
}
