/// How many replicas of a store are in each state, and the bytes of the verified ones.
public struct ReplicaTotals: Sendable, Hashable {
    public var verified: Int64 = 0
    public var uploading: Int64 = 0
    public var waiting: Int64 = 0
    /// Given up.
    public var failed: Int64 = 0
    public var suspect: Int64 = 0
    public var lost: Int64 = 0
    public var bytes: Int64 = 0

    public init() {}

    /// Those that are to be there and are not.
    public var missing: Int64 { waiting + uploading + failed + suspect + lost }
}

/// What a store was used for.
public struct StoreUsage: Sendable, Hashable {
    public var requests: Int64
    /// Bytes that came from the store.
    public var egress: Int64
    /// Bytes that went to it.
    public var ingress: Int64

    public init(requests: Int64 = 0, egress: Int64 = 0, ingress: Int64 = 0) {
        self.requests = requests
        self.egress = egress
        self.ingress = ingress
    }

    public static func + (left: StoreUsage, right: StoreUsage) -> StoreUsage {
        StoreUsage(
            requests: left.requests + right.requests, egress: left.egress + right.egress,
            ingress: left.ingress + right.ingress)
    }
}
