import Core
import Synchronization
import Testing

@testable import Services

@Suite struct UploadLocksTests {
    /// What happened, in its order.
    private final class Trace: Sendable {
        private let events = Mutex<[String]>([])

        func add(_ event: String) { events.withLock { $0.append(event) } }
        func count(_ event: String) -> Int { events.withLock { events in events.filter { $0 == event }.count } }
        var all: [String] { events.withLock { $0 } }
    }

    /// Somebody who waits until told to go on.
    private final class Latch: Sendable {
        private let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }

        @Sendable func open() { continuation.finish() }
        func wait() async { for await _ in stream {} }
    }

    private struct Failure: Error {}

    @Test("requests on one upload never overlap, and all get their turn")
    func exclusion() async {
        let (locks, id, trace) = (UploadLocks(), Upload.ID(), Trace())
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    await locks.withLock(id, stop: {}) {
                        trace.add("begin \(number)")
                        for _ in 0..<number % 5 { await Task.yield() }
                        trace.add("end \(number)")
                    }
                }
            }
        }
        let events = trace.all
        #expect(events.count == 200)
        for position in stride(from: 0, to: events.count, by: 2) {
            #expect(events[position].replacing("begin", with: "end") == events[position + 1])
        }
    }

    @Test("requests on different uploads do not wait for each other")
    func others() async {
        let locks = UploadLocks()
        await locks.withLock(Upload.ID(), stop: {}) {
            await locks.withLock(Upload.ID(), stop: {}) {
                let entered: Bool? = await locks.withFreeLock(Upload.ID()) { true }
                #expect(entered == true)
            }
        }
    }

    @Test("a newer request ends the holder and those that became outdated while they waited; the last has its peace")
    func takeOver() async throws {
        let (locks, id, trace) = (UploadLocks(), Upload.ID(), Trace())
        let latches = [Latch(), Latch(), Latch()]
        @Sendable func request(_ number: Int) async {
            await locks.withLock(
                id,
                stop: {
                    trace.add("stop \(number)")
                    // The first holds out until both others wait for it.
                    if number > 0 || trace.count("stop 0") == 2 { latches[number].open() }
                }
            ) {
                trace.add("begin \(number)")
                await latches[number].wait()
                trace.add("end \(number)")
            }
        }
        let first = Task { await request(0) }
        try await eventually { trace.count("begin 0") == 1 }
        let second = Task { await request(1) }
        try await eventually { trace.count("stop 0") == 1 }
        let third = Task { await request(2) }
        await first.value
        await second.value
        try await eventually { trace.count("begin 2") == 1 }
        #expect(trace.count("stop 0") == 2 && trace.count("stop 1") == 1 && trace.count("stop 2") == 0)
        latches[2].open()
        await third.value
        let turns = trace.all.filter { !$0.hasPrefix("stop") }
        #expect(turns == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"])
        #expect(trace.count("stop 2") == 0)
    }

    @Test("a request that failed lets the next one in")
    func failure() async throws {
        let (locks, id) = (UploadLocks(), Upload.ID())
        await #expect(throws: Failure.self) { try await locks.withLock(id, stop: {}) { throw Failure() } }
        await #expect(throws: Failure.self) {
            let _: Void? = try await locks.withFreeLock(id) { throw Failure() }
        }
        #expect(await locks.withLock(id, stop: {}) { 7 } == 7)
    }

    @Test("the free lock is taken only from nobody, and a request waits for it without a word")
    func freeLock() async throws {
        let (locks, id, trace, latch) = (UploadLocks(), Upload.ID(), Trace(), Latch())
        await locks.withLock(id, stop: {}) {
            let entered: Bool? = await locks.withFreeLock(id) { true }
            #expect(entered == nil)
        }
        let holder = Task {
            await locks.withFreeLock(id) {
                trace.add("begin sweep")
                await latch.wait()
                trace.add("end sweep")
            }
        }
        try await eventually { trace.count("begin sweep") == 1 }
        let entered: Bool? = await locks.withFreeLock(id) { true }
        #expect(entered == nil)
        let request = Task { await locks.withLock(id, stop: {}) { trace.add("request") } }
        try await Task.sleep(for: .milliseconds(50))
        #expect(trace.all == ["begin sweep"])
        latch.open()
        #expect(await holder.value != nil)
        await request.value
        #expect(trace.all == ["begin sweep", "end sweep", "request"])
    }
}
