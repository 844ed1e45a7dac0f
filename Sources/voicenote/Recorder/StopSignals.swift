import Synchronization
import UnixSignals

/// Signals that ask the program to end. They are counted instead of ending it, so that it ends what it was doing.
///
/// Whoever asks three times, and for longer than the end should take, is not made to wait any more: what is on disk is a
/// left-over then.
final class StopSignals: Sendable {
    /// How long the end may take, from the first signal on.
    private static let patience = Duration.seconds(5)

    private let seen = Mutex(0)

    /// How many came so far.
    var count: Int { seen.withLock { $0 } }

    /// Begins to count; signals that come after this returns are counted until the task is cancelled.
    /// - Parameters:
    ///   - hasTerminal: whether the end of a terminal ends the program; without one, as under nohup, not.
    ///   - leave: ends the program at once.
    func listen(hasTerminal: Bool, leave: @escaping @Sendable () -> Void) async -> Task<Void, Never> {
        let wanted: [UnixSignal] = hasTerminal ? [.sigint, .sigterm, .sighup] : [.sigint, .sigterm]
        let signals = await UnixSignalsSequence(trapping: wanted)
        return Task { [self] in
            var first: ContinuousClock.Instant?
            for await _ in signals {
                let count = seen.withLock { seen in
                    seen += 1
                    return seen
                }
                if count >= 3, let first, ContinuousClock.now - first > Self.patience { leave() }
                first = first ?? .now
            }
        }
    }
}
