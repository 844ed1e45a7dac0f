/// A piece of what a microphone heard.
public struct CaptureBlock: Sendable {
    /// The place of the first sample, in samples of one channel since the capture began.
    public let position: Int64
    /// Interleaved. A sample takes all 32 bits, whatever the device has: 16 bits are the upper ones.
    public let samples: [Int32]

    public init(position: Int64, samples: [Int32]) {
        self.position = position
        self.samples = samples
    }
}
