public import Core
import NIOCore
import Synchronization

/// Counts what a store is used for.
public final class StoreMeter: Sendable {
    private let usage = Mutex(StoreUsage())

    public init() {}

    func add(requests: Int64 = 0, egress: Int64 = 0, ingress: Int64 = 0) {
        usage.withLock { $0 = $0 + StoreUsage(requests: requests, egress: egress, ingress: ingress) }
    }

    /// Counts a piece of a body that came, and passes it on.
    func received(_ piece: ByteBuffer?) -> ByteBuffer? {
        if let piece { add(egress: Int64(piece.readableBytes)) }
        return piece
    }

    /// What was counted since the last taking.
    public func take() -> StoreUsage {
        usage.withLock { usage in
            defer { usage = StoreUsage() }
            return usage
        }
    }

    /// What was counted since the last taking, and stays.
    public var pending: StoreUsage { usage.withLock { $0 } }
}
