import Blobs
public import Core
import Synchronization

/// Whether a store may be used just now: a circuit breaker, and what else keeps us from it.
///
/// After some failures in a row nobody goes there for a while, which doubles with each further one.
public final class StoreGate: Sendable {
    /// Why a store is not used, or that it is.
    public enum Condition: Sendable, Hashable {
        case up
        /// It failed too often; the next attempt is at that time.
        case down(reason: String, retryAt: Timestamp)
        /// It is not the store that it was.
        case vanished(reason: String)
        /// A limit of ours is used up.
        case overBudget(reason: String)
        /// A person holds it back.
        case paused

        /// Why it is not up; nil where nothing more is to be said.
        public var reason: String? {
            switch self {
            case .up, .paused: nil
            case .down(let reason, _), .vanished(let reason), .overBudget(let reason): reason
            }
        }

        /// In one word.
        public var word: String {
            switch self {
            case .up: "up"
            case .down: "down"
            case .vanished: "vanished"
            case .overBudget: "budget"
            case .paused: "paused"
            }
        }
    }

    private struct State {
        var failures = 0
        var openings = 0
        var down: (reason: String, retryAt: Timestamp)?
        var vanished: String?
        var overBudget: String?
        var isPaused = false
    }

    private let state = Mutex(State())
    /// Failures in a row that close the way.
    private static let mostFailures = 5
    private static let first = Duration.seconds(5)
    private static let longest = Duration.seconds(300)

    public init() {}

    public var condition: Condition {
        state.withLock { state in
            if let reason = state.vanished { return .vanished(reason: reason) }
            if state.isPaused { return .paused }
            if let reason = state.overBudget { return .overBudget(reason: reason) }
            if let down = state.down { return .down(reason: down.reason, retryAt: down.retryAt) }
            return .up
        }
    }

    /// Whether transfers may begin.
    public func mayBegin(at now: Timestamp = .now()) -> Bool {
        state.withLock { state in
            guard state.vanished == nil, !state.isPaused, state.overBudget == nil else { return false }
            return state.down.map { now >= $0.retryAt } ?? true
        }
    }

    /// Whether anything may be read from it: a person's pause holds back transfers only.
    var mayRead: Bool {
        state.withLock { state in
            state.vanished == nil && (state.down.map { Timestamp.now() >= $0.retryAt } ?? true)
        }
    }

    /// How long until it may be tried again; nil when it may be now.
    func wait(at now: Timestamp = .now()) -> Duration? {
        state.withLock { state in
            if state.vanished != nil || state.isPaused || state.overBudget != nil { return .seconds(30) }
            guard let down = state.down else { return nil }
            return max(.milliseconds(down.retryAt.milliseconds - now.milliseconds), .seconds(1))
        }
    }

    func succeeded() {
        state.withLock { state in
            state.failures = 0
            state.openings = 0
            state.down = nil
        }
    }

    func failed(_ error: StoreError, at now: Timestamp = .now()) {
        state.withLock { state in
            if error.kind == .vanished { state.vanished = error.message }
            guard error.concernsStore else {
                // It answered; what it said is about one blob.
                state.failures = 0
                return
            }
            state.failures += 1
            let isAsked = error.kind == .busy && error.retryAfter != nil
            guard state.failures >= Self.mostFailures || isAsked || error.kind == .denied else { return }
            // Others that were under way fail too, which says nothing new.
            if let down = state.down, now < down.retryAt { return }
            let backOff = min(Self.first * (1 << min(state.openings, 10)), Self.longest)
            state.openings += isAsked ? 0 : 1
            state.down = (error.message, now + (error.retryAfter ?? backOff))
        }
    }

    /// Closes the way at once.
    func close(_ error: StoreError, at now: Timestamp = .now()) {
        state.withLock { state in
            if error.kind == .vanished { state.vanished = error.message }
            state.down = (error.message, now + Self.first)
        }
    }

    func setVanished(_ reason: String?) {
        state.withLock { $0.vanished = reason }
    }

    func setOverBudget(_ reason: String?) {
        state.withLock { $0.overBudget = reason }
    }

    func setPaused(_ isPaused: Bool) {
        state.withLock { $0.isPaused = isPaused }
    }

    /// Lets everybody try at once, as if nothing had failed.
    func reset() {
        state.withLock { state in
            state.failures = 0
            state.openings = 0
            state.down = nil
        }
    }
}
