import CLibAV
import Glibc

/// An open microphone, read packet by packet. Used from one thread, which waits here for the device.
final class CaptureInput {
    private let device: CaptureDevice
    private let format: CaptureFormat
    private var context: UnsafeMutablePointer<AVFormatContext>?
    private var packet: UnsafeMutablePointer<AVPacket>?

    /// Opens the device, in exactly this format.
    /// - Throws: ``CaptureError``.
    init(_ device: CaptureDevice, _ format: CaptureFormat) throws(CaptureError) {
        self.device = device
        self.format = format
        let input = try CaptureLibrary().format(of: device.backend)
        packet = av_packet_alloc()
        context = avformat_alloc_context()
        guard packet != nil, let prepared = context else { throw .failed(device.name, reason: "no memory") }
        prepared.pointee.audio_codec_id = format.bits > 16 ? AV_CODEC_ID_PCM_S32LE : AV_CODEC_ID_PCM_S16LE
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        av_dict_set_int(&settings, "sample_rate", Int64(format.rate), 0)
        av_dict_set_int(&settings, "channels", Int64(format.channels), 0)
        if device.backend == .pulse {
            // What a person sees in the mixer.
            av_dict_set(&settings, "name", "VoiceNote", 0)
            av_dict_set(&settings, "stream_name", "recording", 0)
        }
        // Frees the context itself when it fails.
        let result = avformat_open_input(&context, device.name, input, &settings)
        guard result >= 0, let opened = context else { throw Self.reason(result, device, format) }
        guard opened.pointee.nb_streams == 1, isAsWanted(opened) else { throw .formatRefused(device.name, format) }
    }

    deinit {
        avformat_close_input(&context)
        av_packet_free(&packet)
    }

    /// The next samples, interleaved, each in all 32 bits; waits for them. May be empty.
    /// - Throws: ``CaptureError/lost(_:)``.
    func read() throws(CaptureError) -> [Int32] {
        guard let context, let packet else { throw .lost(device.name) }
        let result = av_read_frame(context, packet)
        if result == vn_averror_eagain() {
            usleep(5_000)
            return []
        }
        guard result >= 0 else { throw .lost(device.name) }
        defer { av_packet_unref(packet) }
        guard let data = packet.pointee.data else { return [] }
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(packet.pointee.size))
        return format.bits > 16 ? wide(bytes) : narrow(bytes)
    }

    private func narrow(_ bytes: UnsafeRawBufferPointer) -> [Int32] {
        let count = bytes.count / (2 * format.channels) * format.channels
        return (0..<count).map { index in
            Int32(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self))) << 16
        }
    }

    private func wide(_ bytes: UnsafeRawBufferPointer) -> [Int32] {
        let count = bytes.count / (4 * format.channels) * format.channels
        return (0..<count).map { index in
            Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
        }
    }

    /// ALSA takes the nearest rate that the device has, and says so only here.
    private func isAsWanted(_ context: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        let parameters = vn_stream_parameters(context, 0)
        return parameters.pointee.sample_rate == Int32(clamping: format.rate)
            && parameters.pointee.ch_layout.nb_channels == Int32(clamping: format.channels)
    }

    private static func reason(_ result: Int32, _ device: CaptureDevice, _ format: CaptureFormat) -> CaptureError {
        switch device.backend {
        case .alsa: ALSALibrary.reason(device, format)
        case .pulse: pulseReason(result, device, format)
        }
    }

    /// libavdevice hands PulseAudio's own numbers on (pulse/def.h, `pa_error_code_t`), with a minus.
    private static func pulseReason(_ result: Int32, _ device: CaptureDevice, _ format: CaptureFormat) -> CaptureError {
        switch -result {
        case 1: .notPermitted(device.name)
        case 5: .unknownDevice(device.name, .pulse)
        case 6, 8, 11, 13: .noAnswer(.pulse)
        case 3, 19: .formatRefused(device.name, format)
        case 26: .busy(device.name)
        default: .failed(device.name, reason: "PulseAudio's error \(-result)")
        }
    }
}
