/// Interleaved samples in double precision that wait: first in, first out. It grows to what it has to hold. Used from
/// one thread. All counts are samples of one channel.
final class SampleQueue {
    let channels: Int
    private(set) var count = 0
    private var storage: UnsafeMutablePointer<Double>
    private var capacity: Int
    private var start = 0

    init(channels: Int, capacity: Int = 8_192) {
        self.channels = channels
        self.capacity = capacity
        storage = .allocate(capacity: capacity * channels)
    }

    deinit {
        storage.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    /// Puts samples behind what waits.
    func append(_ samples: UnsafePointer<Double>, _ added: Int) {
        guard added > 0 else { return }
        makeRoom(added)
        (storage + (start + count) * channels).update(from: samples, count: added * channels)
        count += added
    }

    /// Takes the first ones out; there must be as many.
    func take(_ taken: Int, into samples: UnsafeMutablePointer<Double>) {
        samples.update(from: storage + start * channels, count: taken * channels)
        drop(taken)
    }

    /// Passes over the first ones; at most as many as there are.
    func drop(_ dropped: Int) {
        let dropped = max(0, min(dropped, count))
        start += dropped
        count -= dropped
        if count == 0 { start = 0 }
    }

    func removeAll() {
        drop(count)
    }

    /// The samples that were appended last.
    func last(_ number: Int) -> UnsafeMutableBufferPointer<Double> {
        UnsafeMutableBufferPointer(start: storage + (start + count - number) * channels, count: number * channels)
    }

    private func makeRoom(_ added: Int) {
        guard start + count + added > capacity else { return }
        if count + added > capacity {
            let grown = max(capacity * 2, count + added)
            let fresh = UnsafeMutablePointer<Double>.allocate(capacity: grown * channels)
            fresh.update(from: storage + start * channels, count: count * channels)
            storage.deallocate()
            storage = fresh
            capacity = grown
        } else {
            // The ranges may overlap, which `update` allows.
            storage.update(from: storage + start * channels, count: count * channels)
        }
        start = 0
    }
}
