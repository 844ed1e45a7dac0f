import CLibAV
public import Core

/// Reads a recording once and makes everything of it: the report, the waveform file and the `listen` rendition.
///
/// The room `Audio` holds all that touches samples: this engine, the worker process it runs in, and the pool of
/// workers that the server talks to. It knows no database, no network and no names of files.
///
/// Synchronous and single-threaded; memory does not depend on the length of the recording. Meant for the sandboxed
/// worker; calling it elsewhere puts the caller's process at the mercy of the file.
public struct MediaEngine {
    public let options: MediaOptions

    public init(options: MediaOptions) {
        self.options = options
    }

    /// Decodes the input from its first to its last sample.
    ///
    /// - Parameters:
    ///   - input: a descriptor open for reading, of a regular file. It is read by position and not closed.
    ///   - listenOutput: an empty file open for writing, or `nil` where no rendition is wanted. Not closed.
    ///   - waveformOutput: an empty file open for writing, or `nil` where no waveform is wanted. Not closed.
    ///   - repairedOutput: an empty file open for writing, or `nil`. It gets the packets of the input in a sound container
    ///     where the input cannot be sought in, and stays empty otherwise. Not closed.
    ///   - progress: called often with the share of the input that was consumed, 0 to 1, never falling.
    /// - Returns: what was found. The outputs are complete, but not yet on disk: `fsync` is the caller's.
    public func process(
        input: Int32, listenOutput: Int32?, waveformOutput: Int32?, repairedOutput: Int32? = nil,
        progress: (Double) -> Void
    ) throws(MediaError) -> AudioReport {
        av_log_set_level(AV_LOG_QUIET)
        let demuxer = try Demuxer(input: InputFile(descriptor: input))
        try demuxer.open(limits: options)
        guard let stream = demuxer.stream else { throw .noAudioStream }
        try check(channels: Int64(stream.pointee.codecpar.pointee.ch_layout.nb_channels))
        let decoder = try Decoder(stream: stream, container: demuxer.container)
        let places = SeekIndexRecorder(demuxer, decoder, stream: stream)
        let remuxer = repairedOutput.flatMap { Remuxer(demuxer, output: $0) }
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        guard let packet else { throw .outOfMemory }

        var pass: DecodePass?
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
            let current: DecodePass
            if let pass {
                current = pass
            } else {
                try check(channels: Int64(frame.pointee.ch_layout.nb_channels))
                try check(rate: Int64(frame.pointee.sample_rate))
                current = try DecodePass(
                    first: frame, listenOutput: listenOutput, waveformOutput: waveformOutput, options: options)
                pass = current
            }
            try current.add(frame, end: demuxer.endOfLastPacket(rate: frame.pointee.sample_rate))
        }
        while try demuxer.read(into: packet) {
            defer { av_packet_unref(packet) }
            places?.add(packet)
            try decoder.decode(packet, take)
            remuxer?.write(packet)
            progress(demuxer.progress)
        }
        try decoder.decode(nil, take)
        guard let pass, isPlausible(demuxer, decoder) else { throw nothingDecoded(demuxer, stream) }
        var report = try pass.finish(demuxer: demuxer, decoder: decoder, stream: stream)
        report.seekIndex = places?.finish()
        report.repairedBytes = remuxer?.finish(milliseconds: report.durationMs, limits: options)
        progress(1)
        return report
    }

    private func check(channels: Int64) throws(MediaError) {
        guard channels <= Int64(options.maximumChannels) else {
            throw .tooManyChannels(channels: channels, limit: options.maximumChannels)
        }
    }

    private func check(rate: Int64) throws(MediaError) {
        guard (1_000...Int64(options.maximumSampleRate)).contains(rate) else {
            throw .sampleRateOutOfRange(hertz: rate, limit: options.maximumSampleRate)
        }
    }

    /// Random bytes contain what looks like the start of an MP3 or AAC frame every few kilobytes. Such a file was
    /// recognised with little confidence, and most of it does not decode.
    private func isPlausible(_ demuxer: Demuxer, _ decoder: Decoder) -> Bool {
        demuxer.sniffer.container != nil || demuxer.probeScore > AVPROBE_SCORE_RETRY
            || decoder.failures * 4 <= decoder.frames
    }

    private func nothingDecoded(_ demuxer: Demuxer, _ stream: UnsafeMutablePointer<AVStream>) -> MediaError {
        if demuxer.sniffer.container == nil, demuxer.probeScore <= AVPROBE_SCORE_RETRY {
            return .notAudio(looksLike: nil)
        }
        let channels = Int64(stream.pointee.codecpar.pointee.ch_layout.nb_channels)
        if channels > Int64(options.maximumChannels) {
            return .tooManyChannels(channels: channels, limit: options.maximumChannels)
        }
        return .damaged(container: demuxer.container)
    }
}
