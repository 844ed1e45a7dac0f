import Testing

@testable import Audio
@testable import Core

@Suite struct SilenceTests {
    static func samples(_ parts: [(amplitude: Int16, count: Int)]) -> [Int16] {
        parts.flatMap { part in (0..<part.count).map { $0 % 2 == 0 ? part.amplitude : -part.amplitude } }
    }

    static func map(_ samples: [Int16], channels: Int32 = 1, pieces: Int = 333) -> SilenceMap {
        var detector = SilenceDetector(rate: 8_000, channels: channels, options: MediaOptions())
        let frames = samples.count / Int(channels)
        samples.withUnsafeBufferPointer { buffer in
            var done = 0
            while done < frames, let base = buffer.baseAddress {
                let count = min(pieces, frames - done)
                detector.add(base + done * Int(channels), count: count)
                done += count
            }
        }
        detector.finish()
        return detector.map
    }

    @Test("silence of the minimum length counts, a sample less does not", arguments: [(4_000, true), (3_999, false)])
    func minimum(count: Int, found: Bool) {
        let map = Self.map(Self.samples([(1_000, 800), (0, count), (1_000, 800)]))
        #expect(map.items == (found ? [.init(startMs: 100, endMs: 600)] : []))
        #expect(map.complete)
    }

    @Test(
        "the threshold is -50 dBFS: 103 of 32768 is silent, 104 is not", arguments: [(Int16(103), true), (104, false)])
    func threshold(amplitude: Int16, found: Bool) {
        #expect(Self.map(Self.samples([(1_000, 8), (amplitude, 8_000)])).items.isEmpty != found)
    }

    @Test("silence at the start and at the end counts")
    func ends() {
        let map = Self.map(Self.samples([(0, 8_000), (5_000, 80), (0, 8_000)]))
        #expect(map.items == [.init(startMs: 0, endMs: 1_000), .init(startMs: 1_010, endMs: 2_010)])
    }

    @Test("one loud channel is enough to be no silence")
    func channels() {
        let samples = (0..<16_000).map { Int16($0 % 2 == 0 ? 0 : 2_000) }
        #expect(Self.map(samples, channels: 2).items.isEmpty)
    }

    @Test("a map is bounded and says so")
    func bounded() {
        let unit = Self.samples([(0, 4_000), (9_000, 2)])
        var detector = SilenceDetector(rate: 8_000, channels: 1, options: MediaOptions())
        unit.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for _ in 0...SilenceMap.maximumItems { detector.add(base, count: buffer.count) }
        }
        detector.finish()
        #expect(detector.map.items.count == SilenceMap.maximumItems)
        #expect(!detector.map.complete)
    }

    @Test("the pauses of a note are found where they are")
    func note() throws {
        let map = try Tools.report(Fixtures.path("minutes.wav")).silence
        #expect(map.items.count >= 3)
        #expect(map.items.allSatisfy { $0.endMs - $0.startMs >= 500 && $0.endMs <= 300_000 })
        #expect(map.items == map.items.sorted { $0.startMs < $1.startMs })
    }
}
