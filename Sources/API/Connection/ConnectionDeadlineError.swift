/// Reading a request's body throws this when the client sends too slowly. The connection answers 408 by itself.
public enum ConnectionDeadlineError: Error, Sendable, Hashable, CustomStringConvertible {
    case bodyTooSlow(minimumBytesPerSecond: Int)

    /// What happened and what to do.
    public var description: String {
        switch self {
        case .bodyTooSlow(let rate):
            "The body came more slowly than \(rate) bytes a second. Resume the upload or send it again."
        }
    }
}
