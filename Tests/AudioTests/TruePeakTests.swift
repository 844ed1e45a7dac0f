import Foundation
import Testing

@testable import Audio
@testable import Core

@Suite struct TruePeakTests {
    enum Signal: String, CaseIterable, Sendable {
        case noise, betweenSamples, clipped, growing, tight, silence, damaged
    }

    /// One channel of some thousand samples.
    static func samples(_ signal: Signal, channel: Int) throws -> [Float] {
        let count = 6_013
        switch signal {
        case .noise:
            return Tools.noise(count: count, seed: UInt64(7 + channel)).map { Float($0) / 40_000 }
        case .betweenSamples:
            return (0..<count).map { Float(sin(.pi / 2 * Double($0 + channel) + .pi / 4)) * 0.5 }
        case .clipped:
            let bytes = try Fixtures.bytes("speech.wav").dropFirst(80_000 + channel * 500)
            let speech = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).prefix(count).map {
                Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)
            }
            return speech.map { max(-1, min(1, Float($0) / 2_000)) }
        case .growing:
            // Pairs that peak between their samples, each a little more than the one before, around every boundary.
            var samples = [Float](repeating: 0, count: count)
            var level: Float = 0.4
            for index in stride(from: 63 + channel, to: count - 1, by: 61) {
                samples[index] = level
                samples[index + 1] = level
                level *= 1.0005
            }
            return samples
        case .tight:
            // Signs as the interpolation's in the middle: its output is the most that so small samples can give. Only
            // a bound that is not too low finds it behind a single sample of nearly as much.
            let signs = (0..<12).map { (($0 < 6 ? 5 - $0 : $0 - 6) % 2 == 0) ? Float(1) : -1 }
            var samples = [Float](repeating: 0, count: count)
            samples[100] = 0.6
            samples.replaceSubrange(300 + channel..<312 + channel, with: signs.map { $0 * 0.325 })
            return samples
        case .silence:
            return [Float](repeating: 0, count: count)
        case .damaged:
            var samples = try Self.samples(.noise, channel: channel)
            for index in stride(from: 40, to: count, by: 97) { samples[index] = .nan }
            return samples
        }
    }

    static func interleaved(_ signal: Signal, channels: Int) throws -> [Float] {
        let each = try (0..<channels).map { try samples(signal, channel: $0) }
        return each[0].indices.flatMap { index in each.map { $0[index] } }
    }

    static func meter(_ samples: [Float], rate: Int, channels: Int, pieces: [Int]) -> LoudnessMeter {
        let meter = LoudnessMeter(shape: AudioShape(rate: Int32(rate), channels: Int32(channels)))
        samples.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var done = 0
            var turn = 0
            while done < buffer.count / channels {
                let part = min(pieces[turn % pieces.count], buffer.count / channels - done)
                meter.add(base + done * channels, count: part)
                done += part
                turn += 1
            }
        }
        return meter
    }

    @Test(
        "the true peak is libebur128's, whatever is left out", arguments: Signal.allCases,
        [8_000, 16_000, 44_100, 48_000, 95_999, 96_000, 191_999, 192_000])
    func agrees(signal: Signal, rate: Int) throws {
        for channels in [1, 2, 5] {
            let samples = try Self.interleaved(signal, channels: channels)
            let reference = try #require(ReferenceMeter(rate: rate, channels: channels))
            reference.add(samples)
            let expected = reference.truePeak
            for pieces in [[samples.count], [333, 1, 64]] {
                let peak = Self.meter(samples, rate: rate, channels: channels, pieces: pieces).truePeak
                #expect(abs(peak - expected) <= expected * 1e-6, "\(peak), \(expected) by \(pieces), \(channels)")
            }
        }
    }

    @Test("samples one at a time give the same true peak", arguments: Signal.allCases)
    func oneByOne(signal: Signal) throws {
        let samples = try Self.interleaved(signal, channels: 1)
        let reference = try #require(ReferenceMeter(rate: 8_000, channels: 1))
        reference.add(samples)
        for pieces in [[1], [2, 3], [31, 33]] {
            let peak = Self.meter(samples, rate: 8_000, channels: 1, pieces: pieces).truePeak
            #expect(abs(peak - reference.truePeak) <= reference.truePeak * 1e-6)
        }
    }

    @Test("the test signals do what they are for: peaks lie between the samples, up to the bound")
    func signals() throws {
        for (signal, largest) in [(Signal.betweenSamples, 0.36), (.growing, 0.43), (.tight, 0.6001)] {
            let samples = try Self.interleaved(signal, channels: 1)
            let reference = try #require(ReferenceMeter(rate: 16_000, channels: 1))
            reference.add(samples)
            #expect(samples.allSatisfy { abs(Double($0)) < largest })
            #expect(reference.truePeak > largest, "\(signal): \(reference.truePeak)")
        }
    }

    @Test("16 bit and floating point give the same true peak and loudness", arguments: [1, 2, 3])
    func formats(channels: Int) {
        let shorts = Tools.noise(count: 24_000 * channels)
        let floats = Self.meter(
            shorts.map { Float($0) / 32_768 }, rate: 48_000, channels: channels, pieces: [1_000])
        let meter = LoudnessMeter(shape: AudioShape(rate: 48_000, channels: Int32(channels)))
        shorts.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            meter.add(base, count: buffer.count / channels)
        }
        #expect(meter.truePeak == floats.truePeak)
        #expect(meter.result() == floats.result())
        #expect(meter.truePeak > 1)
    }
}
