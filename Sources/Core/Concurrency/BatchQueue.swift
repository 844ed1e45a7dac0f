public import Dispatch
import Synchronization

/// Does the work of many callers together: whoever waits when a batch begins is in it. One batch at a time.
///
/// A lone item never waits for company, and where its thread may block it is worked on there: waking another thread costs
/// as much as a sync of a fast disk. A thread that brought an item works on one batch at most; what came meanwhile goes
/// to a thread of the queue's own.
public final class BatchQueue<Item: Sendable>: Sendable {
    /// Where an item may be worked on, and when.
    public enum Urgency: Sendable {
        /// At once, on a thread of the queue's own.
        case prompt
        /// At once, on the calling thread when no batch is under way: for threads that may block.
        case onThisThread
        /// Together with the next batch, or alone after the queue's patience.
        case relaxed
    }

    /// Works on a batch, whose items are in the order of their coming. What is returned is called afterwards, and is the
    /// place to tell the callers; `isIdle` says that nobody else waits, so that it may go on working on the same thread.
    public typealias Work = @Sendable (_ batch: [Item]) -> (_ isIdle: Bool) -> Void

    private struct State {
        var items: [Item] = []
        var isWorking = false
        /// Whether a batch is set for the relaxed items.
        var isTimed = false
    }

    private enum Start {
        case here, elsewhere, underWay, later
    }

    private let label: String
    private let mostTogether: Int
    private let patience: DispatchTimeInterval
    private let work: Work
    private let state = Mutex(State())

    /// - Parameters:
    ///   - label: names the queue's threads.
    ///   - mostTogether: items in one batch.
    ///   - patience: how long a relaxed item waits for others at most.
    public init(
        label: String, mostTogether: Int, patience: DispatchTimeInterval = .milliseconds(10), work: @escaping Work
    ) {
        self.label = label
        self.mostTogether = mostTogether
        self.patience = patience
        self.work = work
    }

    /// Adds an item. Blocks only with ``Urgency/onThisThread``.
    public func add(_ item: Item, _ urgency: Urgency) {
        switch enqueue(item, urgency) {
        case .underWay: break
        case .here: workOnce()
        case .elsewhere: thread().async { self.workOnce() }
        case .later: thread().asyncAfter(deadline: .now() + patience) { self.workOnRelaxed() }
        }
    }

    private func enqueue(_ item: Item, _ urgency: Urgency) -> Start {
        state.withLock { state in
            state.items.append(item)
            if state.isWorking { return .underWay }
            if case .relaxed = urgency {
                defer { state.isTimed = true }
                return state.isTimed ? .underWay : .later
            }
            state.isWorking = true
            if case .onThisThread = urgency { return .here }
            return .elsewhere
        }
    }

    /// A serial queue has a thread beyond those of the cooperative pool, which must not be blocked. A new one each time,
    /// because a thread that goes on with what follows a lone item must not hold up the next batch.
    private func thread() -> DispatchQueue { DispatchQueue(label: label) }

    /// Works on what nobody took along in the meantime.
    private func workOnRelaxed() {
        let mustWork = state.withLock { state in
            state.isTimed = false
            guard !state.isWorking, !state.items.isEmpty else { return false }
            state.isWorking = true
            return true
        }
        if mustWork { workOnce() }
    }

    private func workOnce() {
        let batch = state.withLock { state in
            let batch = Array(state.items.prefix(mostTogether))
            state.items.removeFirst(batch.count)
            return batch
        }
        let tell = work(batch)
        let goesOn = state.withLock { state in
            state.isWorking = !state.items.isEmpty
            return state.isWorking
        }
        if goesOn { thread().async { self.workOnce() } }
        tell(!goesOn)
    }
}
