public import Core

/// An edit as a WAV file of 16 bits that is never written: any range of its bytes, for playing an edit at once.
///
/// Guaranteed: the same bytes for a position, whatever was asked for before, and in whatever pieces, for sources whose
/// decoders remember little: PCM, FLAC, ALAC, MP3, Vorbis, resampled or not. AAC and Opus make up noise, and remember
/// for long: there, the lowest bits of a position depend on where decoding began.
///
/// To keep that with noise reduction, which hears what came before, it begins anew every six seconds, three seconds
/// ahead: the preview of such an edit is close to the export, but not the same to the sample.
///
/// Used from one thread. It decodes foreign files: see ``MediaEngine`` on where to do that.
public final class WAVStream {
    /// One more with each change of what is rendered, so that nobody joins bytes of different programs.
    public static let revision = 1

    private static let denoisedSeconds: Int64 = 6

    /// How many samples before what is heard noise reduction begins, at most.
    static func longestLead(at rate: Int) -> Int64 {
        (denoisedSeconds + EditRenderer.warmUpSeconds) * Int64(rate)
    }

    /// Length and header.
    public let layout: WAVLayout
    private let mixer: EditMixer
    private let factor: Double
    private let block: UnsafeMutablePointer<Double>
    private let values: UnsafeMutablePointer<Int16>
    private var denoised: DenoisedMix?

    /// - Parameters:
    ///   - sources: for each recording that is heard a descriptor of its file, read by position. They must stay open,
    ///     and stay the caller's.
    ///   - decibels: a gain for the edit as a whole. A preview does not measure: pass what ``Normalization/decibels``
    ///     was or will be.
    /// - Throws: `MediaError` for a recording without a file, and where the first one cannot be read.
    public convenience init(
        _ list: EditList, sources: [Recording.ID: Int32], decibels: Double = 0,
        options: MediaOptions = MediaOptions()
    ) throws(MediaError) {
        self.init(try EditMixer(list, sources: sources, limits: options), decibels: decibels)
    }

    init(_ mixer: EditMixer, decibels: Double) {
        self.mixer = mixer
        layout = WAVLayout(mixer.list, channels: mixer.channels)
        factor = decibels == 0 ? 1 : Decibels.amplitude(decibels)
        block = .allocate(capacity: EditMixer.maximumBlock * mixer.channels)
        values = .allocate(capacity: EditMixer.maximumBlock * mixer.channels)
    }

    deinit {
        block.deallocate()
        values.deallocate()
    }

    /// The bytes before the samples.
    public static func header(for list: EditList, channels: Int) -> [UInt8] {
        WAVLayout(list, channels: channels).header
    }

    /// A range of the file's bytes; what lies outside is left out. Takes as much memory as it has bytes.
    /// - Throws: `MediaError` where a recording cannot be read.
    public func bytes(in range: Range<Int64>) throws(MediaError) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ part: UnsafeRawBufferPointer) throws(MediaError) {
            bytes.append(contentsOf: part)
        }
        try write(range, to: append)
        return bytes
    }

    /// Hands over a range of the file's bytes in blocks, in constant memory; what lies outside is left out.
    func write(
        _ range: Range<Int64>, to body: (UnsafeRawBufferPointer) throws(MediaError) -> Void
    ) throws(MediaError) {
        let range = range.clamped(to: 0..<layout.length)
        let head = Int64(layout.header.count)
        if range.lowerBound < head {
            let part = layout.header[Int(range.lowerBound)..<Int(min(head, range.upperBound))]
            let bytes = UnsafeMutableRawBufferPointer(start: values, count: part.count)
            bytes.copyBytes(from: part)
            try body(UnsafeRawBufferPointer(bytes))
        }
        let frames = layout.frames(of: range)
        var position = frames.lowerBound
        while position < frames.upperBound {
            let end = min(frames.upperBound, position + Int64(EditMixer.maximumBlock))
            try render(position..<end)
            let count = Int(end - position) * layout.bytesPerFrame
            // The first and the last sample may be wanted in part.
            let first = head + position * Int64(layout.bytesPerFrame)
            let wanted = range.clamped(to: first..<(first + Int64(count)))
            let bytes = UnsafeRawBufferPointer(start: values, count: count)
            try body(
                UnsafeRawBufferPointer(
                    rebasing: bytes[Int(wanted.lowerBound - first)..<Int(wanted.upperBound - first)]))
            position = end
        }
    }

    /// Renders samples into `values`, at most a block of them.
    private func render(_ range: Range<Int64>) throws(MediaError) {
        let count = Int(range.upperBound - range.lowerBound)
        if mixer.list.settings.noiseReduction > 0 {
            try renderDenoised(range)
        } else {
            try mixer.render(range, into: block)
        }
        let total = count * mixer.channels
        if factor != 1 {
            for index in 0..<total { block[index] *= factor }
        }
        Quantizer.toInt16(block, count: total, into: values)
    }

    private func renderDenoised(_ range: Range<Int64>) throws(MediaError) {
        let stretch = Self.denoisedSeconds * Int64(mixer.list.sampleRate)
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position / stretch * stretch
            let end = min(range.upperBound, start + stretch)
            let mix = try denoisedMix(at: position, in: start)
            let target = block + Int(position - range.lowerBound) * mixer.channels
            try mix.read(Int(end - position), into: target)
            if end == start + stretch { denoised = nil }
            position = end
        }
    }

    /// The noise reduction of the stretch that begins at `start`, brought to the position.
    private func denoisedMix(at position: Int64, in start: Int64) throws(MediaError) -> DenoisedMix {
        if let denoised, denoised.position == position { return denoised }
        let warmUp = EditRenderer.warmUpSeconds * Int64(mixer.list.sampleRate)
        let fresh = try DenoisedMix(mixer, from: max(0, start - warmUp))
        try fresh.skip(to: position)
        denoised = fresh
        return fresh
    }
}
