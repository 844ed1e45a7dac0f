import Foundation
import Testing

@testable import Audio

/// Levels as a person sees them while recording.
@Suite struct LevelMeterTests {
    private static let rate = 48_000

    /// A sine of one channel, its amplitude in dB relative to full scale.
    private func sine(_ decibels: Double, seconds: Double, hertz: Double = 1_000) -> [Int32] {
        let amplitude = pow(10, decibels / 20) * Double(Int32.max)
        return (0..<Int(seconds * Double(Self.rate))).map { index in
            Int32((sin(2 * .pi * hertz * Double(index) / Double(Self.rate)) * amplitude).rounded())
        }
    }

    private func meter(_ samples: [Int32]..., channels: Int = 1) -> Levels {
        var meter = LevelMeter(rate: Self.rate, channels: channels)
        for part in samples { meter.add(part) }
        return meter.levels
    }

    @Test("a sine reads its amplitude as the peak and 3 dB less as the mean", arguments: [-6.0, -20, -60])
    func sineLevel(decibels: Double) {
        let levels = meter(sine(decibels, seconds: 1))
        #expect(abs(levels.peakDBFS - decibels) < 0.1)
        #expect(abs(levels.rmsDBFS - decibels + 3.01) < 0.1)
        #expect(levels.clips == 0)
    }

    @Test("silence, and nothing at all, read as the floor")
    func silence() {
        #expect(meter([Int32](repeating: 0, count: 48_000)) == Levels())
        #expect(meter([]) == Levels())
    }

    @Test("the mean is that of the last 300 ms, and the peak is held for two seconds")
    func windows() {
        let loud = sine(-6, seconds: 1)
        #expect(meter(loud, sine(-40, seconds: 0.15)).rmsDBFS > -20)
        #expect(abs(meter(loud, sine(-40, seconds: 0.31)).rmsDBFS + 43.01) < 0.1)
        #expect(meter(loud, sine(-40, seconds: 1.9)).peakDBFS > -7)
        #expect(abs(meter(loud, sine(-40, seconds: 2.1)).peakDBFS + 40) < 0.1)
    }

    @Test("three samples in a row at full scale are one clip, two are none, and a longer run is one, too")
    func clipping() {
        #expect(meter([.max, .max, 0]).clips == 0)
        #expect(meter([0, .max, .max, .max, 0]).clips == 1)
        #expect(meter([.min, .min, .min, 0, .max, .max, .max]).clips == 2)
        #expect(meter([Int32](repeating: .max, count: 1_000)).clips == 1)
        #expect(meter([.max, .max], [.max]).clips == 1, "a run goes on over two blocks")
    }

    @Test("16 bits at their end clip like 32")
    func narrow() {
        let most = Int32(Int16.max) << 16
        #expect(meter([most, most, most]).clips == 1)
        let less = Int32(Int16.max - 1) << 16
        #expect(meter([less, less, less]).clips == 0)
    }

    @Test("each channel has its own run, and all of them make the mean")
    func channels() {
        #expect(meter([.max, 0, 0, .max, .max, 0], channels: 2).clips == 0)
        #expect(meter([.max, 0, .max, 0, .max, 0], channels: 2).clips == 1)
        let one = sine(-6, seconds: 1)
        let stereo = one.flatMap { sample -> [Int32] in [sample, 0] }
        #expect(abs(meter(stereo, channels: 2).rmsDBFS - meter(one).rmsDBFS + 3.01) < 0.1)
    }
}
