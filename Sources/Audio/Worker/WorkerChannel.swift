import CSandbox
import FoundationEssentials
import Glibc

/// Frames of JSON, each after its length in four bytes, big-endian, over a stream socket that can carry descriptors.
/// Both ends use it; neither trusts the other's lengths. The socket stays the caller's.
struct WorkerChannel {
    /// A report with a full silence map has about one megabyte.
    static let maximumFrameBytes = 4 << 20
    /// What one frame can carry: the sources of an edit, and what is made of it.
    static let maximumDescriptors = Int(vn_channel_most_descriptors)

    enum Failure: Error {
        /// The other side is gone, in the middle of a frame or between two.
        case closed
        /// A frame is longer than allowed, or not what was expected.
        case malformed
        /// Nothing came in time.
        case timedOut
        case system(errno: Int32)
    }

    let socket: Int32

    func send(_ value: some Encodable, descriptors: [Int32] = []) throws {
        let body = try JSONEncoder().encode(value)
        guard body.count <= Self.maximumFrameBytes else { throw Failure.malformed }
        var frame = [UInt8]()
        frame.reserveCapacity(body.count + 4)
        withUnsafeBytes(of: UInt32(body.count).bigEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: body)
        let sent = vn_channel_send(socket, frame, frame.count, descriptors, Int32(descriptors.count))
        if sent < 0 { throw sent == -Int(EPIPE) ? Failure.closed : Failure.system(errno: Int32(-sent)) }
    }

    /// Receives one frame, waiting as long as it takes or until `deadline`.
    func receive<Value: Decodable>(
        _ type: Value.Type, deadline: ContinuousClock.Instant? = nil
    ) throws -> (value: Value, descriptors: [Int32]) {
        var descriptors: [Int32] = []
        do {
            let head = try receive(count: 4, descriptors: &descriptors, deadline: deadline)
            let length = head.reduce(0) { $0 << 8 | Int($1) }
            guard length <= Self.maximumFrameBytes else { throw Failure.malformed }
            let body = try receive(count: length, descriptors: &descriptors, deadline: deadline)
            guard let value = try? JSONDecoder().decode(type, from: Data(body)) else { throw Failure.malformed }
            return (value, descriptors)
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
    }

    private func receive(
        count: Int, descriptors: inout [Int32], deadline: ContinuousClock.Instant?
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            if let deadline { try wait(until: deadline) }
            var fresh = [Int32](repeating: -1, count: Self.maximumDescriptors)
            var number = Int32(fresh.count)
            let got = bytes.withUnsafeMutableBytes { buffer in
                vn_channel_receive(socket, buffer.baseAddress.map { $0 + done }, count - done, &fresh, &number)
            }
            descriptors.append(contentsOf: fresh.prefix(Int(number)))
            if got == 0 || got == -Int(ECONNRESET) { throw Failure.closed }
            if got < 0 { throw Failure.system(errno: Int32(-got)) }
            done += got
        }
        return bytes
    }

    private func wait(until deadline: ContinuousClock.Instant) throws {
        while true {
            let left = deadline - .now
            guard left > .zero else { throw Failure.timedOut }
            let milliseconds = min(
                60_000, left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000)
            var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, Int32(milliseconds) + 1)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw Failure.system(errno: errno) }
        }
    }
}
