import AsyncHTTPClient
public import NIOCore

/// Bytes that come from a store, as they come.
public struct StoreBody: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer

    /// Bytes of the whole blob, or of the range that was asked for.
    public let size: Int64
    private let make: @Sendable () -> Iterator

    init(size: Int64, make: @escaping @Sendable () -> Iterator) {
        self.size = size
        self.make = make
    }

    public func makeAsyncIterator() -> Iterator { make() }

    public struct Iterator: AsyncIteratorProtocol {
        let advance: () async throws -> ByteBuffer?

        public mutating func next() async throws -> ByteBuffer? { try await advance() }
    }
}
