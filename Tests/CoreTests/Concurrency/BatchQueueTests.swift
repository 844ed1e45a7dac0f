import Core
import Dispatch
import Foundation
import Glibc
import Synchronization
import Testing

@Suite struct BatchQueueTests {
    @Test("a lone item is worked on alone and at once")
    func alone() async throws {
        let log = Log()
        let queue = log.queue()
        for item in 1...3 {
            queue.add(item, .prompt)
            try await eventually { log.batches.count == item }
        }
        #expect(log.batches == [[1], [2], [3]])
    }

    @Test("what comes while a batch is under way is together in the next one, in order")
    func together() async throws {
        let log = Log()
        let queue = log.queue()
        queue.add(Log.held, .prompt)
        try await eventually { log.batches == [[Log.held]] }
        for item in 1...50 { queue.add(item, .prompt) }
        #expect(log.batches == [[Log.held]])
        log.release()
        try await eventually { log.batches.count == 2 }
        #expect(log.batches == [[Log.held], Array(1...50)])
    }

    @Test("there is one batch at a time, whoever brings the items and however")
    func oneAtATime() async throws {
        struct Seen {
            var underWay = 0
            var most = 0
            var items: [Int] = []
        }
        let seen = Mutex(Seen())
        let queue = BatchQueue<Int>(label: "test", mostTogether: 7, patience: .milliseconds(1)) { batch in
            seen.withLock { seen in
                seen.underWay += 1
                seen.most = max(seen.most, seen.underWay)
                seen.items += batch
            }
            usleep(200)
            seen.withLock { $0.underWay -= 1 }
            return { _ in }
        }
        for adder in 0..<8 {
            Thread.detachNewThread {
                for item in adder * 250..<(adder + 1) * 250 {
                    switch item % 3 {
                    case 0: queue.add(item, .onThisThread)
                    case 1: queue.add(item, .prompt)
                    default: queue.add(item, .relaxed)
                    }
                }
            }
        }
        try await eventually { seen.withLock { $0.items.count == 2000 } }
        let result = seen.withLock { $0 }
        #expect(result.most == 1)
        #expect(result.items.sorted() == Array(0..<2000))
    }

    @Test("a batch is never larger than allowed, and what is left goes into the next ones")
    func bound() async throws {
        let log = Log()
        let queue = log.queue(mostTogether: 64)
        queue.add(Log.held, .prompt)
        try await eventually { log.batches.count == 1 }
        for item in 1...200 { queue.add(item, .prompt) }
        log.release()
        try await eventually { log.batches.count == 5 }
        #expect(log.batches.map(\.count) == [1, 64, 64, 64, 8])
        #expect(Array(log.batches.joined()) == Array(0...200))
    }

    @Test("of many items from many tasks none is lost, doubled or out of its task's order")
    func many() async throws {
        let log = Log()
        let queue = log.queue(mostTogether: 64)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<10 {
                group.addTask { for number in 1...1000 { queue.add(task * 1000 + number, .prompt) } }
            }
        }
        try await eventually { log.batches.reduce(0) { $0 + $1.count } == 10_000 }
        let batches = log.batches
        let items = Array(batches.joined())
        #expect(items.sorted() == Array(1...10_000))
        #expect(batches.allSatisfy { (1...64).contains($0.count) })
        for task in 0..<10 {
            let own = items.filter { ($0 - 1) / 1000 == task }
            #expect(own == own.sorted(), "task \(task)")
        }
    }

    @Test("a thread that may block works on its item itself, with what waited, when no batch is under way")
    func onThisThread() async {
        let log = Log()
        let queue = log.queue(patience: .seconds(3600))
        queue.add(1, .relaxed)
        let (thread, threads, told) = await onOwnThread {
            queue.add(2, .onThisThread)
            return (pthread_self(), log.threads, log.told)
        }
        #expect(threads == [thread])
        #expect(told == [Told(items: [1, 2], isIdle: true)])
    }

    @Test("a prompt item is not worked on by the thread that brings it")
    func elsewhere() async {
        let log = Log()
        let queue = log.queue()
        let (thread, threads) = await onOwnThread {
            queue.add(1, .prompt)
            log.block(untilTold: 1)
            return (pthread_self(), log.threads)
        }
        #expect(threads.count == 1 && threads.first != thread)
    }

    @Test("a thread that may block does not wait for the batch that is under way")
    func underWay() async throws {
        let log = Log()
        let queue = log.queue()
        queue.add(Log.held, .prompt)
        try await eventually { log.batches == [[Log.held]] }
        let batches = await onOwnThread {
            queue.add(1, .onThisThread)
            return log.batches
        }
        #expect(batches == [[Log.held]], "the thread has left, and its item waits")
        log.release()
        try await eventually { log.batches.count == 2 }
        #expect(log.batches == [[Log.held], [1]])
    }

    @Test("a thread works on one batch at most; what came meanwhile goes to the queue's own thread")
    func oneBatch() async throws {
        let log = Log()
        let queue = log.queue()
        async let result = onOwnThread {
            queue.add(Log.held, .onThisThread)
            // The thread lives until the second batch is done: a dead one's identity may be given away again.
            log.block(untilTold: 2)
            return (pthread_self(), log.threads)
        }
        try await eventually { log.batches == [[Log.held]] }
        queue.add(1, .prompt)
        log.release()
        let (thread, threads) = await result
        #expect(threads.count == 2 && threads.first == thread && threads.last != thread)
    }

    @Test("relaxed items wait for the next prompt one and go with it")
    func relaxed() async throws {
        let log = Log()
        let queue = log.queue(patience: .seconds(3600))
        queue.add(1, .relaxed)
        queue.add(2, .relaxed)
        #expect(log.batches == [])
        queue.add(3, .prompt)
        try await eventually { !log.batches.isEmpty }
        #expect(log.batches == [[1, 2, 3]])
    }

    @Test("relaxed items go alone after their patience, each time anew")
    func patience() async throws {
        let log = Log()
        let queue = log.queue(patience: .milliseconds(200))
        let start = ContinuousClock.now
        queue.add(1, .relaxed)
        queue.add(2, .relaxed)
        try await eventually { !log.batches.isEmpty }
        #expect(log.batches == [[1, 2]])
        let first = try #require(log.starts.first)
        #expect(first - start >= .milliseconds(190))
        queue.add(3, .relaxed)
        try await eventually { log.batches.count == 2 }
        #expect(log.batches == [[1, 2], [3]])
    }

    @Test("a relaxed item that comes while a batch is under way is in the next one")
    func relaxedUnderWay() async throws {
        let log = Log()
        let queue = log.queue(patience: .seconds(3600))
        queue.add(Log.held, .prompt)
        try await eventually { log.batches.count == 1 }
        queue.add(1, .relaxed)
        log.release()
        try await eventually { log.batches == [[Log.held], [1]] }
    }

    @Test("there is no batch without items when relaxed ones went along with others")
    func noneEmpty() async throws {
        let log = Log()
        let queue = log.queue(patience: .milliseconds(20))
        queue.add(1, .relaxed)
        queue.add(2, .prompt)
        try await Task.sleep(for: .milliseconds(60))
        try await eventually { Array(log.batches.joined()) == [1, 2] }
        #expect(log.batches.allSatisfy { !$0.isEmpty })
    }

    @Test("the callers are told once a batch, and whether others wait")
    func tells() async throws {
        let log = Log()
        let queue = log.queue(mostTogether: 2)
        queue.add(Log.held, .prompt)
        try await eventually { log.batches.count == 1 }
        #expect(log.told == [])
        for item in 1...3 { queue.add(item, .prompt) }
        log.release()
        try await eventually { log.told.count == 3 }
        queue.add(4, .prompt)
        try await eventually { log.told.count == 4 }
        let expected = [
            Told(items: [Log.held], isIdle: false), Told(items: [1, 2], isIdle: false), Told(items: [3], isIdle: true),
            Told(items: [4], isIdle: true),
        ]
        // Each is told behind its own batch, beside the next one: in which order is not promised.
        #expect(log.told.sorted { ($0.items.first ?? -1) < ($1.items.first ?? -1) } == expected)
    }
}

private struct Told: Equatable, Sendable {
    let items: [Int]
    let isIdle: Bool
}

/// Notes what a queue does. A batch with the item ``held`` lasts until it is released.
private final class Log: Sendable {
    private struct Batch {
        let items: [Int]
        let thread: pthread_t
        let start: ContinuousClock.Instant
    }

    static let held = 0
    private let begun = Mutex<[Batch]>([])
    private let ended = Mutex<[Told]>([])
    private let hold = DispatchSemaphore(value: 0)

    func queue(
        mostTogether: Int = 100, patience: DispatchTimeInterval = .seconds(3600)
    ) -> BatchQueue<Int> {
        BatchQueue(label: "test", mostTogether: mostTogether, patience: patience) { batch in
            let noted = Batch(items: batch, thread: pthread_self(), start: .now)
            self.begun.withLock { $0.append(noted) }
            if batch.contains(Self.held) { _ = self.hold.wait(timeout: .now() + .seconds(30)) }
            return { isIdle in self.ended.withLock { $0.append(Told(items: batch, isIdle: isIdle)) } }
        }
    }

    func release() { hold.signal() }

    /// The batches that were begun.
    var batches: [[Int]] { begun.withLock { $0.map(\.items) } }
    var threads: [pthread_t] { begun.withLock { $0.map(\.thread) } }
    var starts: [ContinuousClock.Instant] { begun.withLock { $0.map(\.start) } }
    /// The batches that ended.
    var told: [Told] { ended.withLock { $0 } }

    /// For threads that may block.
    func block(untilTold count: Int) {
        for _ in 0..<10_000 {
            if told.count >= count { return }
            usleep(1000)
        }
    }
}

/// Runs the body on a new thread, which may block.
private func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}

/// Waits until the condition holds; fails the test when it does not within ten seconds.
private func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<1000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("did not become true", sourceLocation: sourceLocation)
}
