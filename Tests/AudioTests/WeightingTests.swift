import CEBUR128
import Foundation
import Testing

@testable import Audio
@testable import Core

@Suite struct WeightingTests {
    @Test(
        "the weighted energy of every 100 ms is libebur128's",
        arguments: [8_000, 11_025, 16_000, 48_000, 192_000], [3, 1_001])
    func energy(rate: Int, piece: Int) throws {
        let step = rate / 10
        let samples = Tools.noise(count: step * 8).enumerated().map { index, value in
            // Noise, silence while the filter rings, a low tone.
            let part = index / step
            let tone = Float(sin(2 * .pi * 40 * Double(index) / Double(rate)))
            return part < 3 ? Float(value) / 32_768 : part < 6 ? 0 : tone * 0.3
        }
        let reference = try #require(ReferenceMeter(rate: rate, channels: 1))
        var weighting = KWeighting(rate: Int32(rate))
        for start in stride(from: 0, to: samples.count, by: step) {
            let part = Array(samples[start..<start + step])
            reference.add(part)
            let expected = pow(10, (reference.latestLUFS + 0.691) / 10)
            var energy = 0.0
            part.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                for done in stride(from: 0, to: step, by: piece) {
                    energy += weighting.energy(base + done, count: min(piece, step - done))
                }
            }
            energy /= Double(step)
            // libebur128 multiplies both sections out to one, which loses digits where the rate is high.
            #expect(abs(energy - expected) <= max(expected * 1e-6, 1e-18), "\(start / step): \(energy), \(expected)")
        }
    }

    struct Layout: Sendable, CustomTestStringConvertible {
        let channels: Int
        let places: [UInt32]

        var testDescription: String { "\(channels)" }
    }

    @Test(
        "channels weigh what libebur128 gives them",
        arguments: [
            Layout(channels: 1, places: [EBUR128_LEFT.rawValue]),
            Layout(channels: 2, places: [EBUR128_LEFT.rawValue, EBUR128_RIGHT.rawValue]),
            // Front left, right and centre, low frequencies, back left and right; at the sides two more.
            Layout(channels: 6, places: [1, 2, 3, 0, 4, 5]),
            Layout(channels: 8, places: [1, 2, 3, 0, 4, 5, 4, 5]),
        ])
    func channels(_ layout: Layout) throws {
        for loud in 0..<layout.channels {
            let noise = Tools.noise(count: 8_000, seed: 3)
            var samples = [Float](repeating: 0, count: noise.count * layout.channels)
            for (index, value) in noise.enumerated() {
                samples[index * layout.channels + loud] = Float(value) / 32_768
                samples[index * layout.channels] += Float(value) / 131_072
            }
            let reference = try #require(ReferenceMeter(rate: 8_000, channels: layout.channels))
            reference.place(layout.places.map { EBUR128Channel($0) })
            reference.add(samples)
            let loudness = TruePeakTests.meter(samples, rate: 8_000, channels: layout.channels, pieces: [500])
                .result()
            #expect(abs(try #require(loudness.integratedLUFS) - reference.integratedLUFS) <= 0.01, "\(loud)")
        }
    }

    @Test("a filter that rings out comes to rest, because computing with the smallest numbers is slow")
    func rest() {
        var weighting = KWeighting(rate: 16_000)
        _ = weighting.energy([1, -1, 1], count: 3)
        let silence = [Float](repeating: 0, count: 1_600)
        var energies: [Double] = []
        for _ in 0..<40 { energies.append(weighting.energy(silence, count: silence.count)) }
        #expect(energies[0] > 0)
        #expect(energies[39] == 0)
        #expect(energies.allSatisfy { $0 == 0 || $0 > .leastNormalMagnitude })
    }
}
