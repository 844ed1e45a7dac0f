/// What a device is asked for.
public struct CaptureFormat: Sendable, Hashable, CustomStringConvertible {
    /// Samples a second of one channel.
    public let rate: Int
    public let channels: Int
    /// Bits of a sample that count: 16, or 24.
    public let bits: Int

    public init(rate: Int, channels: Int, bits: Int) {
        self.rate = rate
        self.channels = channels
        self.bits = bits
    }

    public var description: String {
        "\(rate) samples a second of \(bits) bits on \(channels == 1 ? "one channel" : "\(channels) channels")"
    }
}
