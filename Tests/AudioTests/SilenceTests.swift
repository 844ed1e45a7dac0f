import Testing

@testable import Audio
@testable import Core

@Suite struct SilenceTests {
    static func samples(_ parts: [(amplitude: Int16, count: Int)]) -> [Int16] {
        parts.flatMap { part in (0..<part.count).map { $0 % 2 == 0 ? part.amplitude : -part.amplitude } }
    }

    static func map(
        _ samples: [Int16], channels: Int32 = 1, pieces: Int = 333, options: MediaOptions = MediaOptions()
    ) -> SilenceMap {
        var detector = SilenceDetector(rate: 8_000, channels: channels, options: options)
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

    /// The rule written down as plainly as it can be: runs of silent frames, of the minimum length.
    static func reference(_ samples: [Int16], channels: Int, rate: Int, minimumMs: Int) -> [SilenceMap.Item] {
        let frames = samples.count / channels
        let minimum = max(1, rate * minimumMs / 1_000)
        var items: [SilenceMap.Item] = []
        var start = 0
        for frame in 0...frames {
            let isLoud =
                frame == frames || samples[frame * channels..<(frame + 1) * channels].contains { abs($0) > 103 }
            guard isLoud else { continue }
            if frame - start >= minimum {
                items.append(.init(startMs: Int64(start * 1_000 / rate), endMs: Int64(frame * 1_000 / rate)))
            }
            start = frame + 1
        }
        return items
    }

    @Test("bursts anywhere and pauses of any length give what looking at each sample gives", arguments: 1...40)
    func anywhere(seed: UInt64) {
        let random = Tools.noise(count: 600, seed: seed).map { Int($0.magnitude) }
        let channels = 1 + random[0] % 3
        let rate = 8_000
        let minimumMs = [1, 2, 5, 16, 17, 40][random[1] % 6]
        var samples: [Int16] = []
        for index in stride(from: 2, to: 400, by: 2) {
            // Mostly around the minimum, and around the blocks that the detector works in.
            let pause = [minimumMs * 8 - 2 + random[index] % 4, random[index] % 300, 126 + random[index] % 5][
                index / 2 % 3]
            samples += [Int16](repeating: 103, count: pause * channels)
            for frame in 0..<1 + random[index + 1] % 3 {
                for channel in 0..<channels {
                    samples.append((frame + channel + index) % channels == 0 ? -104 : -103)
                }
            }
        }
        var options = MediaOptions()
        options.silenceMinimumMs = minimumMs
        for pieces in [1, 64, 129, 1_024, samples.count] {
            let map = Self.map(samples, channels: Int32(channels), pieces: pieces, options: options)
            let expected = Self.reference(samples, channels: channels, rate: rate, minimumMs: minimumMs)
            #expect(map.items == expected, "\(pieces)")
            #expect(expected.count > 5)
        }
    }

    @Test("the pauses of a note are found where they are")
    func note() throws {
        let map = try Tools.report(Fixtures.path("minutes.wav")).silence
        #expect(map.items.count >= 3)
        #expect(map.items.allSatisfy { $0.endMs - $0.startMs >= 500 && $0.endMs <= 300_000 })
        #expect(map.items == map.items.sorted { $0.startMs < $1.startMs })
    }
}
