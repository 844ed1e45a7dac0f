import Testing

@testable import Jobs

@Suite struct ForegroundActivityTests {
    @Test("nobody is being served before the first sign of life")
    func before() {
        #expect(!ForegroundActivity().isRecent(within: .seconds(3600)))
    }

    @Test("a sign of life counts for as long as asked and no longer, and the next one counts anew")
    func duration() async throws {
        let activity = ForegroundActivity()
        for _ in 0..<2 {
            let start = ContinuousClock.now
            activity.touch()
            #expect(activity.isRecent(within: .milliseconds(200)))
            #expect(!activity.isRecent(within: .zero))
            try await eventually { !activity.isRecent(within: .milliseconds(200)) }
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            #expect(activity.isRecent(within: .seconds(3600)))
        }
    }
}
