/// When a worker is given up or replaced.
public struct MediaWorkerLimits: Sendable, Hashable {
    /// How long a new process may take until it is ready.
    public var start: Duration = .seconds(30)
    /// How long a request may go without a sign of progress. This is what ends a worker that hangs; on a busy machine
    /// one that has the lowest priority may look like it for a while.
    public var stall: Duration = .seconds(180)
    /// How long a request may take in all, apart from its size. A file of a few hundred kilobytes can hold ten hours
    /// of silence, which takes minutes, so that this is no short time.
    public var base: Duration = .seconds(900)
    /// The rate of input that is counted upon beyond that; a slow machine encodes about 100 KB of 16 kHz WAV a second.
    public var inputBytesPerSecond: Int64 = 20_000
    /// After so many requests a worker is replaced, so that nothing can pile up in it.
    public var requestsPerWorker = 1000
    /// A worker that ever used more memory than this is replaced after its request, in bytes.
    public var residentBytes: Int64 = 256 << 20

    public init() {}

    /// The most that a request for so many bytes may take.
    public func total(inputBytes: Int64) -> Duration {
        base + .seconds(max(0, inputBytes) / max(1, inputBytesPerSecond))
    }
}
