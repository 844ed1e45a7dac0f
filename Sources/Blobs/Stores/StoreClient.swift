import AsyncHTTPClient
import Core
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The HTTP client of one store: connections are kept, everything has a deadline, no redirect is followed, and what came
/// of an answer is bounded.
final class StoreClient: Sendable {
    let name: String
    private let client: HTTPClient
    private let timeout: Duration
    private let meter: StoreMeter
    /// Answers that are not a blob.
    static let longestAnswer = 8 << 20

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    /// - Parameter meter: counts requests and bytes.
    init(name: String, timeout: Duration, meter: StoreMeter) {
        self.name = name
        self.timeout = timeout
        self.meter = meter
        var configuration = HTTPClient.Configuration()
        let amount = TimeAmount(timeout)
        // Who is there answers soon.
        let connect = min(amount, .seconds(5))
        configuration.timeout = .init(connect: connect, read: amount, write: amount)
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        // Whoever refuses is told of at once; what makes sense to repeat is repeated above.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// One request with a small answer.
    func ask(_ request: HTTPClientRequest, sending bytes: Int64 = 0) async throws -> Answer {
        try await translated {
            let response = try await self.begin(request, sending: bytes)
            let body =
                request.method == .HEAD ? ByteBuffer() : try await response.body.collect(upTo: Self.longestAnswer)
            self.meter.add(egress: Int64(body.readableBytes))
            return Answer(
                status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
        }
    }

    /// One request whose answer is a blob: the body when the status is one of `statuses`, else what came instead.
    func read(
        _ request: HTTPClientRequest, statuses: Set<Int>, size: Int64
    ) async throws -> Result<StoreBody, Refusal> {
        let response = try await translated { try await self.begin(request, sending: 0) }
        guard statuses.contains(Int(response.status.code)) else {
            // What should have been a part of a blob and is all of it is not read.
            let isBlob = (200..<300).contains(Int(response.status.code))
            let body = try await translated {
                isBlob ? ByteBuffer() : try await response.body.collect(upTo: Self.longestAnswer)
            }
            return .failure(
                Refusal(
                    answer: Answer(
                        status: Int(response.status.code), headers: response.headers,
                        body: Array(body.readableBytesView))))
        }
        return .success(
            StoreBody(size: size) { [name, meter, body = response.body] in
                var iterator = body.makeAsyncIterator()
                return StoreBody.Iterator {
                    do {
                        return meter.received(try await iterator.next())
                    } catch {
                        throw Self.translated(error, of: name)
                    }
                }
            })
    }

    /// An answer that is no blob.
    struct Refusal: Error {
        let answer: Answer
    }

    private func begin(_ request: HTTPClientRequest, sending bytes: Int64) async throws -> HTTPClientResponse {
        meter.add(requests: 1, ingress: bytes)
        // However large the body is: a megabyte a second is the least that makes sense.
        let deadline = timeout + .seconds(Int64(bytes >> 20)) + timeout
        return try await client.execute(request, deadline: .now() + TimeAmount(deadline))
    }

    private func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw Self.translated(error, of: name)
        }
    }

    /// Errors of the network by what they mean; those of our own files stay what they are.
    private static func translated(_ error: any Error, of name: String) -> any Error {
        switch error {
        case is StoreError, is FileError, is CancellationError: error
        case let error as HTTPClientError where error == .cancelled: CancellationError()
        case let error as HTTPClientError:
            StoreError(.unreachable, "\(name) did not answer as it should: \(error.shortDescription).")
        case is NIOConnectionError: StoreError(.unreachable, "\(name) cannot be reached.")
        case let error as IOError:
            StoreError(.unreachable, "The connection to \(name) broke off (errno \(error.errnoCode)).")
        default: StoreError(.unreachable, "The connection to \(name) broke off (\(type(of: error))).")
        }
    }
}
