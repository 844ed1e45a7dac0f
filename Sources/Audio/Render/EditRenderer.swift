public import Core

/// Renders an edit: yields its samples in order, in blocks, with memory that does not depend on its length.
///
/// Guaranteed: as many samples as ``length`` says, whatever the sources hold; a segment without gain and fades gives
/// the samples of its source exactly, for integers of up to 32 bits and floating point in single precision, as long as
/// the source has the rate of the edit and one or two channels. Nothing is clipped: a sum may exceed full scale.
///
/// Everything is computed in double precision. In a fade of n samples the amplitudes are 0.5/n, 1.5/n … (n − 0.5)/n,
/// and in a crossfade the sine and cosine of a quarter turn at the same places (`EditEnvelope`).
///
/// Noise reduction hears the edit in order from where reading began. Used from one thread. It decodes foreign files:
/// see ``MediaEngine`` on where to do that.
public final class EditRenderer {
    /// The most samples of one channel that one call gives.
    public static let maximumBlockFrames = 16_384
    /// How long noise reduction listens before a position that was sought, in seconds.
    static let warmUpSeconds: Int64 = 3

    public let list: EditList
    /// The number of the next sample.
    public private(set) var position: Int64 = 0
    private let mixer: EditMixer
    private let factor: Double
    private var denoised: DenoisedMix?
    private let doubles: UnsafeMutableBufferPointer<Double>

    /// - Parameters:
    ///   - sources: for each recording that is heard a descriptor of its file, read by position. They must stay open,
    ///     and stay the caller's.
    ///   - decibels: a gain for the edit as a whole, as normalisation finds it.
    /// - Throws: `MediaError` for a recording without a file, and where the first one cannot be read.
    public convenience init(
        _ list: EditList, sources: [Recording.ID: Int32], decibels: Double = 0,
        options: MediaOptions = MediaOptions()
    ) throws(MediaError) {
        self.init(try EditMixer(list, sources: sources, limits: options), decibels: decibels)
    }

    init(_ mixer: EditMixer, decibels: Double) {
        self.mixer = mixer
        list = mixer.list
        factor = decibels == 0 ? 1 : Decibels.amplitude(decibels)
        doubles = .allocate(capacity: Self.maximumBlockFrames * mixer.channels)
    }

    deinit {
        doubles.deallocate()
    }

    /// 1 or 2: those of the first recording that is heard, 1 for silence.
    public var channels: Int { mixer.channels }

    /// Samples of one channel in all.
    public var length: Int64 { list.length }

    /// Gives the next samples, interleaved, and answers how many of one channel they are: as many as there is room for,
    /// up to ``maximumBlockFrames`` and to the end; 0 at the end.
    /// - Throws: `MediaError` where a recording cannot be read any further.
    public func next(into samples: UnsafeMutableBufferPointer<Double>) throws(MediaError) -> Int {
        let room = min(samples.count / channels, Self.maximumBlockFrames)
        let count = Int(min(Int64(room), length - position))
        guard count > 0, let start = samples.baseAddress else { return 0 }
        if list.settings.noiseReduction > 0 {
            try denoisedMix().read(count, into: start)
        } else {
            try mixer.render(position..<(position + Int64(count)), into: start)
        }
        position += Int64(count)
        guard factor != 1 else { return count }
        var index = 0
        while index < count &* channels {
            start[index] *= factor
            index &+= 1
        }
        return count
    }

    /// The same in single precision, to which the samples are rounded.
    /// - Throws: `MediaError` where a recording cannot be read any further.
    public func next(into samples: UnsafeMutableBufferPointer<Float>) throws(MediaError) -> Int {
        let room = min(samples.count / channels, Self.maximumBlockFrames) * channels
        let count = try next(into: UnsafeMutableBufferPointer(rebasing: doubles[..<room]))
        var index = 0
        while index < count &* channels {
            samples[index] = Float(doubles[index])
            index &+= 1
        }
        return count
    }

    /// Goes to a sample; beyond the end there are none.
    public func seek(to target: Int64) {
        position = max(0, min(target, length))
        denoised = nil
    }

    /// What noise reduction makes of the edit at the position.
    private func denoisedMix() throws(MediaError) -> DenoisedMix {
        if let denoised, denoised.position == position { return denoised }
        let warmUp = Self.warmUpSeconds * Int64(list.sampleRate)
        let fresh = try DenoisedMix(mixer, from: max(0, position - warmUp))
        try fresh.skip(to: position)
        denoised = fresh
        return fresh
    }
}
