import Synchronization
import UnixSignals

/// Signals that ask the program to end. They are counted instead of ending it, so that it ends what it was doing.
final class StopSignals: Sendable {
    private let seen = Mutex(0)

    /// How many came so far.
    var count: Int { seen.withLock { $0 } }

    /// Begins to count; signals that come after this returns are counted until the task is cancelled.
    /// - Parameter hasTerminal: whether the end of a terminal ends the program; without one, as under nohup, not.
    func listen(hasTerminal: Bool) async -> Task<Void, Never> {
        let wanted: [UnixSignal] = hasTerminal ? [.sigint, .sigterm, .sighup] : [.sigint, .sigterm]
        let signals = await UnixSignalsSequence(trapping: wanted)
        return Task { [self] in
            for await _ in signals { seen.withLock { $0 += 1 } }
        }
    }
}
