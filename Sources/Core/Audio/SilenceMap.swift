/// Where a recording is silent: the stretches in which every sample of every channel stays below a threshold.
public struct SilenceMap: Codable, Sendable, Hashable {
    /// The most stretches that a map holds. A file made to have more gets a map that says it is not complete.
    public static let maximumItems = 20_000

    /// The level that a sample must stay below, in dB relative to full scale.
    public var thresholdDBFS: Double
    /// The shortest stretch that counts, in milliseconds.
    public var minimumMs: Int
    /// Whether the map covers the whole recording; `false` once `maximumItems` is reached.
    public var complete: Bool
    /// In order, without overlap.
    public var items: [Item]

    /// A silent stretch; the end is exclusive.
    public struct Item: Codable, Sendable, Hashable {
        public var startMs: Int64
        public var endMs: Int64

        public init(startMs: Int64, endMs: Int64) {
            self.startMs = startMs
            self.endMs = endMs
        }
    }

    public init(
        thresholdDBFS: Double = -50, minimumMs: Int = 500, complete: Bool = true, items: [Item] = []
    ) {
        self.thresholdDBFS = thresholdDBFS
        self.minimumMs = minimumMs
        self.complete = complete
        self.items = items
    }
}
