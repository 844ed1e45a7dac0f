/// The zooms that a waveform is offered in: 256 samples per pixel times a power of two.
public struct WaveformZoom: Sendable, Hashable {
    /// The zoom that is stored; all others derive from it exactly.
    public static let base = WaveformZoom(exponent: 0)
    /// The coarsest zoom in samples per pixel.
    public static let maximumSamplesPerPixel = 1_048_576

    private let exponent: Int

    private init(exponent: Int) {
        self.exponent = exponent
    }

    /// - Throws: `WaveformError.unsupportedZoom` unless `samplesPerPixel` is 256 times a power of two up to 1048576.
    public init(samplesPerPixel: Int) throws(WaveformError) {
        guard (256...Self.maximumSamplesPerPixel).contains(samplesPerPixel), samplesPerPixel.nonzeroBitCount == 1
        else { throw .unsupportedZoom(samplesPerPixel: samplesPerPixel) }
        exponent = samplesPerPixel.trailingZeroBitCount - 8
    }

    public var samplesPerPixel: Int { 256 << exponent }

    /// How many pixels of the base zoom make one of this.
    public var factor: Int { 1 << exponent }
}
