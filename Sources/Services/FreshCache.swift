import Synchronization

/// Remembers what was read from the database for as long as nothing was written that could change it, and a second at
/// most.
///
/// In this process nobody sees anything stale: what changes raises a generation (the database's own, or a narrower one
/// of whoever makes the changes), and an entry of another generation does not count. What another process writes is
/// seen after the second.
final class FreshCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let generation: Int
        let readAt: ContinuousClock.Instant
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let mostEntries: Int
    private static var lifetime: Duration { .seconds(1) }

    init(mostEntries: Int = 4096) {
        self.mostEntries = mostEntries
    }

    /// What is remembered.
    func value(for key: Key, generation: Int) -> Value? {
        entries.withLock { entries in
            guard let entry = entries[key], entry.generation == generation,
                ContinuousClock.now - entry.readAt < Self.lifetime
            else { return nil }
            return entry.value
        }
    }

    /// Remembers a value that was read after the generation was taken.
    func remember(_ value: Value, for key: Key, generation: Int) {
        entries.withLock { entries in
            if entries.count >= mostEntries { entries.removeAll(keepingCapacity: true) }
            entries[key] = Entry(value: value, generation: generation, readAt: .now)
        }
    }

    /// The remembered value, or what `read` gives, which is then remembered. Errors are not.
    /// - Parameter generation: taken before the read, so that a change in between makes the entry worthless, never wrong.
    func value(
        for key: Key, generation: Int, read: () async throws -> Value
    ) async throws -> Value {
        if let known = self.value(for: key, generation: generation) { return known }
        let value = try await read()
        remember(value, for: key, generation: generation)
        return value
    }
}
