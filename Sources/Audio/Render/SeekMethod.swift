import CLibAV

/// How a recording is brought to a sample. All but the first two are for containers whose times are not exact to the
/// sample, or that have no index.
enum SeekMethod {
    /// By the index of libav; the place of a packet in the file tells its number, because all samples have one size.
    case bytes
    /// By the index of libav; each frame states its time to the sample.
    case timestamps
    /// By reading packets without decoding them: each one's length is known.
    case packets
    /// By decoding all that comes before.
    case decoding

    /// - Parameters:
    ///   - container: in the words of `AudioReport.container`.
    ///   - name: the codec as libav names it.
    init(container: String, codec: AVCodecID, name: String) {
        let isPCM = name.hasPrefix("pcm_")
        switch container {
        case "wav", "aiff", "au", "caf":
            self = isPCM ? .bytes : .decoding
        case "flac":
            self = .timestamps
        case "ogg":
            let exact = [AV_CODEC_ID_OPUS, AV_CODEC_ID_VORBIS, AV_CODEC_ID_FLAC]
            self = exact.contains(codec) ? .timestamps : .decoding
        case "mp4", "mov", "3gp":
            let exact = [AV_CODEC_ID_AAC, AV_CODEC_ID_ALAC, AV_CODEC_ID_FLAC, AV_CODEC_ID_OPUS]
            self = isPCM || exact.contains(codec) ? .timestamps : .decoding
        case "mp3", "aac":
            // libav finds a place in these by the mean bit rate, and does not say which frame is there.
            self = .packets
        case "webm", "matroska":
            // Times are in milliseconds here.
            self = codec == AV_CODEC_ID_OPUS ? .packets : .decoding
        default:
            self = .decoding
        }
    }
}

/// How long an Opus packet is, from its first byte (RFC 6716, section 3.1).
enum OpusPacket {
    /// Samples at 48 kHz; nil for a packet that cannot be.
    static func samples(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let head = bytes.first else { return nil }
        let configuration = Int(head >> 3)
        let frame: Int64 =
            switch configuration {
            // SILK: 10, 20, 40 and 60 ms.
            case 0..<12: [480, 960, 1_920, 2_880][configuration & 3]
            // Hybrid: 10 and 20 ms.
            case 12..<16: [480, 960][configuration & 1]
            // CELT: 2.5, 5, 10 and 20 ms.
            default: [120, 240, 480, 960][configuration & 3]
            }
        let frames: Int64
        switch head & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard bytes.count > 1 else { return nil }
            frames = Int64(bytes[1] & 0x3F)
        }
        let samples = frame * frames
        return (1...5_760).contains(samples) ? samples : nil
    }
}
