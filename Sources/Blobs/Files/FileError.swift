import Glibc

/// A file operation that the system refused.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let operation: String
    public let path: String
    /// The `errno` of the call.
    public let number: Int32

    init(_ operation: String, _ path: String) {
        self.init(operation, path, number: errno)
    }

    public init(_ operation: String, _ path: String, number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
    }

    public var isMissing: Bool { number == ENOENT || number == ENOTDIR }
    /// The disk, or the person's quota on it, is full.
    public var isFull: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }

    /// What the system said, without the path: for whoever should not know it.
    public var reason: String { "\(operation): \(String(cString: strerror(number)))" }

    public var description: String { "\(operation) \(path): \(String(cString: strerror(number)))" }
}
