import Core
import Testing

@testable import Services

@Suite struct EventHubTests {
    private static func progress(_ value: Double) -> NoteEvent { .progress(Note.ID(), stage: .processing, value) }

    private static func values(_ stream: AsyncStream<NoteEvent>) async -> [Double] {
        await stream.reduce(into: []) { values, event in
            if case .progress(_, _, _, let value) = event { values.append(value) }
        }
    }

    @Test("events go to every listener of the account, in order, and to nobody else")
    func account() async {
        let hub = EventHub()
        let ada = Account.ID()
        let bob = Account.ID()
        let streams = [hub.events(for: ada), hub.events(for: ada), hub.events(for: bob)]
        for value in 1...3 { hub.publish(Self.progress(Double(value)), to: ada) }
        hub.publish(Self.progress(9), to: bob)
        hub.finish()
        #expect(await Self.values(streams[0]) == [1, 2, 3])
        #expect(await Self.values(streams[1]) == [1, 2, 3])
        #expect(await Self.values(streams[2]) == [9])
    }

    @Test("a listener that falls behind loses the oldest events, not the newest, and holds a bounded number")
    func bounded() async {
        let hub = EventHub()
        let ada = Account.ID()
        let stream = hub.events(for: ada)
        for value in 0..<10_000 { hub.publish(Self.progress(Double(value)), to: ada) }
        hub.finish()
        let values = await Self.values(stream)
        #expect(values.count <= 1000 && !values.isEmpty)
        #expect(values == (10_000 - values.count..<10_000).map(Double.init))
    }

    @Test("a listener that leaves is forgotten")
    func leaves() async throws {
        let hub = EventHub()
        let ada = Account.ID()
        #expect(!hub.hasListeners(for: ada))
        let task = Task { await Self.values(hub.events(for: ada)) }
        try await eventually { hub.hasListeners(for: ada) }
        task.cancel()
        _ = await task.value
        #expect(!hub.hasListeners(for: ada))
        hub.publish(Self.progress(1), to: ada)
    }

    @Test("when the hub ends, every stream ends")
    func finish() async {
        let hub = EventHub()
        let streams = (0..<10).map { _ in hub.events(for: Account.ID()) }
        hub.finish()
        for stream in streams { #expect(await Self.values(stream).isEmpty) }
    }
}
