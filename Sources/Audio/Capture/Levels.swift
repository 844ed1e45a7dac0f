/// How loud it is just now.
public struct Levels: Sendable, Hashable {
    /// What is shown of silence.
    public static let floor = -120.0

    /// The root mean square of all channels over the last 300 ms, in dB relative to full scale: a sine that fills the
    /// range reads -3.01.
    public var rmsDBFS: Double
    /// The highest sample of the last two seconds, in dB relative to full scale.
    public var peakDBFS: Double
    /// How often so far three or more samples in a row of one channel stood at full scale.
    public var clips: Int

    public init(rmsDBFS: Double = Levels.floor, peakDBFS: Double = Levels.floor, clips: Int = 0) {
        self.rmsDBFS = rmsDBFS
        self.peakDBFS = peakDBFS
        self.clips = clips
    }
}
