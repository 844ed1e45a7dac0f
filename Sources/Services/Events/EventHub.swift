public import Core
import Synchronization

/// Something that an account's open pages should hear of.
public enum NoteEvent: Sendable {
    /// The note was made or has changed.
    case changed(Note)
    /// Background work on the note has come this far, 0 to 1.
    case progress(Note.ID, stage: Stage, store: String? = nil, Double)
    /// The note was deleted for good.
    case removed(Note.ID)

    /// What background work is at.
    public enum Stage: String, Sendable {
        case processing
        /// A copy on its way to a store.
        case replicate
        /// An edit that is written to a file.
        case export
    }
}

/// Hands events to whoever listens for an account, in this process.
///
/// A listener that falls behind loses the oldest events rather than holding memory; clients list again after a gap.
public final class EventHub: Sendable {
    private typealias Listener = AsyncStream<NoteEvent>.Continuation
    private let listeners = Mutex<[Account.ID: [Int: Listener]]>([:])
    private let counter = Mutex(0)
    private static let mostBuffered = 512

    public init() {}

    /// The account's events from now on, until the stream is dropped or the hub ends.
    public func events(for account: Account.ID) -> AsyncStream<NoteEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: NoteEvent.self, bufferingPolicy: .bufferingNewest(Self.mostBuffered))
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        listeners.withLock { $0[account, default: [:]][number] = continuation }
        continuation.onTermination = { [weak self] _ in self?.drop(number, of: account) }
        return stream
    }

    public func publish(_ event: NoteEvent, to account: Account.ID) {
        let listeners = listeners.withLock { $0[account].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield(event) }
    }

    /// Whether anybody listens, so that nobody prepares events for an empty room.
    public func hasListeners(for account: Account.ID) -> Bool {
        listeners.withLock { $0[account] != nil }
    }

    /// Whether anybody listens at all.
    var hasAnyListener: Bool {
        listeners.withLock { !$0.isEmpty }
    }

    /// Ends every stream, so that a stopping server need not wait for open pages.
    public func finish() {
        let all = listeners.withLock { listeners in
            defer { listeners.removeAll() }
            return listeners.values.flatMap(\.values)
        }
        for listener in all { listener.finish() }
    }

    private func drop(_ number: Int, of account: Account.ID) {
        listeners.withLock { listeners in
            listeners[account]?[number] = nil
            if listeners[account]?.isEmpty == true { listeners[account] = nil }
        }
    }
}
