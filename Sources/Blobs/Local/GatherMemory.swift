import Synchronization

/// How much memory all uploads together hold that is not written yet, and how much of it one may gather before it writes:
/// much while they are few, because every write costs a turn on a thread, and little when they are many.
final class GatherMemory: Sendable {
    private let held = Atomic(0)
    private let files = Atomic(0)
    /// Bytes that all uploads together may hold before each has to be content with less.
    private static let plenty = 24 << 20

    /// A file begins to be received.
    func begin() {
        files.add(1, ordering: .relaxed)
    }

    /// A file is received no longer.
    func end() {
        files.subtract(1, ordering: .relaxed)
    }

    /// Whether no other file is being received than the one that asks.
    var isForOne: Bool { files.load(ordering: .relaxed) <= 1 }

    func take(_ bytes: Int) {
        held.add(bytes, ordering: .relaxed)
    }

    func give(back bytes: Int) {
        held.subtract(bytes, ordering: .relaxed)
    }

    /// Bytes from which on an upload should write what it has gathered.
    var worthWriting: Int {
        held.load(ordering: .relaxed) < Self.plenty ? 512 << 10 : 32 << 10
    }
}
