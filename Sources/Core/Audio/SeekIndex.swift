/// Places in a recording from which it can be read on, for containers that have no index to the sample: MP3, AAC streams
/// and WebM. Found on the way by the analysis, so that a far place need not be counted to.
public struct SeekIndex: Sendable, Hashable, Codable {
    /// The most places; a longer recording has them further apart.
    public static let maximumPoints = 2048

    /// One place: a packet.
    public struct Point: Sendable, Hashable, Codable {
        /// Its time, in units of the container's stream.
        public var time: Int64
        /// Where reading begins that finds it, in bytes.
        public var byte: Int64
        /// The length of all packets before it, in units of ``SeekIndex/unit``.
        public var elapsed: Int64

        public init(time: Int64, byte: Int64, elapsed: Int64) {
            self.time = time
            self.byte = byte
            self.elapsed = elapsed
        }
    }

    /// Seconds.
    public var unit: Double
    /// In order.
    public var points: [Point]

    public init(unit: Double, points: [Point] = []) {
        self.unit = unit
        self.points = points
    }

    /// The last place at or before the time; nil where the beginning of the recording is the nearest.
    public func point(atOrBefore seconds: Double) -> Point? {
        let behind = points.indices.partitionPoint { Double(points[$0].elapsed) * unit > seconds }
        return behind > 0 ? points[behind - 1] : nil
    }
}
