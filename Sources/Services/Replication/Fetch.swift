import Blobs
public import Core
import Crypto
import Foundation
public import NIOCore
import Synchronization

/// A blob that is being brought back from another store: read while it comes, believed when all of it is there and its
/// digest is right.
public final class Fetch: Sendable {
    private enum Status {
        case coming
        case done
        case failed(any Error)
    }

    private struct State {
        var available: Int64 = 0
        var status = Status.coming
        var waiting: [(needed: Int64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    public let blob: Blob
    let file: OpenFile
    private let store: LocalStore
    private let state = Mutex(State())

    init(_ blob: Blob, _ file: OpenFile, store: LocalStore) {
        self.blob = blob
        self.file = file
        self.store = store
    }

    /// Up to `count` bytes from the offset on, as soon as there are any; fewer only at the end.
    ///
    /// The last bytes are handed over when the digest of the whole is right: whoever has received all of it has the right
    /// bytes.
    public func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        let end = min(offset + Int64(count), blob.size)
        guard offset < end else { return ByteBuffer() }
        try await wait(for: end)
        let file = file
        return try await store.blocking {
            var buffer = ByteBuffer()
            let wanted = Int(end - offset)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]), at: offset)
            }
            return buffer
        }
    }

    /// Returns when all of it is there and right.
    func finished() async throws {
        try await wait(for: blob.size + 1)
    }

    private func wait(for needed: Int64) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let result: Result<Void, any Error>? = state.withLock { state in
                switch state.status {
                case .done: return .success(())
                case .failed(let error): return .failure(error)
                case .coming where needed < blob.size && needed <= state.available: return .success(())
                case .coming:
                    state.waiting.append((needed, continuation))
                    return nil
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Bytes that are in the file.
    var reached: Int64 { state.withLock { $0.available } }

    /// More bytes are in the file.
    func advance(to available: Int64) {
        let ready = state.withLock { state in
            state.available = available
            let ready = state.waiting.filter { $0.needed < blob.size && $0.needed <= available }
            state.waiting.removeAll { $0.needed < blob.size && $0.needed <= available }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    func end(_ result: Result<Void, any Error>) {
        let waiting = state.withLock { state in
            switch result {
            case .success: state.status = .done
            case .failure(let error): state.status = .failed(error)
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(with: result) }
    }
}
