import CLibAV
public import Core

/// Renders an edit to a file: the counterpart of ``MediaEngine``, with the same guarantees.
///
/// Synchronous and single-threaded; memory does not depend on the length of the edit, except that the index of an M4A
/// takes 64 bytes for each 1024 samples. Meant for the sandboxed worker; calling it elsewhere puts the caller's process
/// at the mercy of the recordings.
public struct RenderEngine {
    /// Which share of the work is the pass that only measures.
    private static let measuringShare = 0.4

    public let options: MediaOptions

    public init(options: MediaOptions = MediaOptions()) {
        self.options = options
    }

    /// Writes the edit as a file of the format.
    ///
    /// Where the edit asks for a loudness, it is rendered twice: once to measure, and once with one constant gain. The
    /// whole of one source needs no measuring when its loudness is known.
    ///
    /// - Parameters:
    ///   - sources: for each recording that is heard a descriptor of its file, read by position and not closed.
    ///   - output: an empty file open for writing. Not closed.
    ///   - progress: called often with the share of the work that is done, 0 to 1, never falling.
    /// - Returns: what was made. The file is complete, but not yet on disk: `fsync` is the caller's.
    public func render(
        _ request: RenderRequest, sources: [Recording.ID: Int32], output: Int32,
        progress: @escaping (Double) -> Void
    ) throws(MediaError) -> RenderResult {
        av_log_set_level(AV_LOG_QUIET)
        try request.format.validate()
        try check(request.list)
        let meter = RenderProgress(progress)
        let mixer = try EditMixer(request.list, sources: sources, limits: options) { meter.tick() }
        let normalization = try findNormalization(request, mixer, meter)
        let renderer = EditRenderer(mixer, decibels: normalization?.decibels ?? 0)
        let sink = try makeSink(request, channels: mixer.channels, output: output)
        try pump(renderer, meter, into: sink)
        try sink.finish()
        progress(1)
        return RenderResult(
            samples: sink.sampleCount, sampleRate: request.format.sampleRate(for: request.list.sampleRate),
            channels: mixer.channels, bytes: sink.byteCount, normalization: normalization)
    }

    /// Writes a part of the edit's ``WAVStream``.
    ///
    /// - Parameters:
    ///   - sources: for each recording that is heard a descriptor of its file, read by position and not closed.
    ///   - output: an empty file open for writing. Not closed.
    /// - Returns: the bytes that were written; fewer than asked for where the stream ends before.
    public func preview(
        _ request: PreviewRequest, sources: [Recording.ID: Int32], output: Int32,
        progress: @escaping (Double) -> Void
    ) throws(MediaError) -> Int64 {
        av_log_set_level(AV_LOG_QUIET)
        guard (0...PreviewRequest.maximumBytes).contains(request.bytes.upperBound - request.bytes.lowerBound) else {
            throw .unsupportedOutput(reason: "A preview has at most \(PreviewRequest.maximumBytes) bytes at a time.")
        }
        try check(request.list)
        let meter = RenderProgress(progress)
        let mixer = try EditMixer(
            request.list, sources: sources, points: request.points, limits: options
        ) { meter.tick() }
        let file = OutputFile(descriptor: output)
        let stream = WAVStream(mixer, decibels: request.decibels)
        func write(_ bytes: UnsafeRawBufferPointer) throws(MediaError) {
            _ = file.append(bytes)
            try file.check()
        }
        try stream.write(request.bytes, to: write)
        progress(1)
        return file.byteCount
    }

    private func check(_ list: EditList) throws(MediaError) {
        guard list.length <= Int64(options.maximumDurationSeconds) * Int64(list.sampleRate) else {
            throw .tooLong(limitSeconds: options.maximumDurationSeconds)
        }
    }

    /// Which gain the edit needs; nil where it asks for none.
    private func findNormalization(
        _ request: RenderRequest, _ mixer: EditMixer, _ progress: RenderProgress
    ) throws(MediaError) -> Normalization? {
        guard let target = request.list.settings.normalize else {
            progress.begin(0...1)
            return nil
        }
        if let known = try knownLoudness(request, mixer) {
            progress.begin(0...1)
            return Normalization(target, measured: known)
        }
        progress.begin(0...Self.measuringShare)
        let measured = try measure(EditRenderer(mixer, decibels: 0), progress)
        progress.begin(Self.measuringShare...1)
        return Normalization(target, measured: measured)
    }

    /// The loudness without measuring: where the edit is the whole of a source, but for its gain.
    private func knownLoudness(_ request: RenderRequest, _ mixer: EditMixer) throws(MediaError) -> Loudness? {
        guard let known = request.sourceLoudness, request.list.settings.noiseReduction == 0,
            let gain = try mixer.gainOfWholeSource()
        else { return nil }
        return Loudness(
            integratedLUFS: known.integratedLUFS.map { $0 + gain }, rangeLU: known.rangeLU,
            truePeakDBTP: known.truePeakDBTP.map { $0 + gain })
    }

    private func measure(_ renderer: EditRenderer, _ progress: RenderProgress) throws(MediaError) -> Loudness {
        let shape = AudioShape(
            rate: Int32(clamping: renderer.list.sampleRate), channels: Int32(clamping: renderer.channels))
        let meter = LoudnessMeter(shape: shape)
        let floats = UnsafeMutableBufferPointer<Float>.allocate(
            capacity: EditRenderer.maximumBlockFrames * renderer.channels)
        defer { floats.deallocate() }
        while true {
            let count = try renderer.next(into: floats)
            guard count > 0, let start = floats.baseAddress else { return meter.result() }
            meter.add(UnsafePointer(start), count: count)
            progress.advance(renderer.position, of: renderer.length)
        }
    }

    private func pump(
        _ renderer: EditRenderer, _ progress: RenderProgress, into sink: any RenderSink
    ) throws(MediaError) {
        let block = UnsafeMutableBufferPointer<Double>.allocate(
            capacity: EditRenderer.maximumBlockFrames * renderer.channels)
        defer { block.deallocate() }
        while true {
            let count = try renderer.next(into: block)
            guard count > 0, let start = block.baseAddress else { return }
            try sink.append(UnsafePointer(start), count: count)
            progress.advance(renderer.position, of: renderer.length)
        }
    }

    private func makeSink(_ request: RenderRequest, channels: Int, output: Int32) throws(MediaError) -> any RenderSink {
        let list = request.list
        let maximumBytes = min(request.maximumBytes, RenderRequest.sizeLimit)
        if case .wav(let sample) = request.format {
            let header = WAVHeader(
                sample: sample, rate: list.sampleRate, channels: channels, frames: list.length,
                texts: request.metadata.chunks)
            return try WAVSink(header, output: output, maximumBytes: maximumBytes)
        }
        guard
            let plan = EncoderPlan.render(
                request.format, rate: list.sampleRate, channels: channels, metadata: request.metadata,
                options: options)
        else { throw .internalFailure(stage: "format") }
        return try EncodedSink(plan, rate: list.sampleRate, output: output, maximumBytes: maximumBytes)
    }
}
