import Core
import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("Gains, fades and crossfades follow their formulas")
struct RenderMixTests {
    /// What a segment's sample is multiplied by, from the definition: gain, linear fades at the middle of each sample,
    /// and a quarter of a sine for crossfades.
    static func amplitude(_ segment: EditSegment, _ index: Int64, overlapBehind: Int64) -> Double {
        var value = pow(10, segment.gain / 20)
        let last = segment.length - 1 - index
        if index < segment.fadeIn { value *= (Double(index) + 0.5) / Double(segment.fadeIn) }
        if last < segment.fadeOut { value *= (Double(last) + 0.5) / Double(segment.fadeOut) }
        if index < segment.overlap { value *= sin(.pi / 2 * (Double(index) + 0.5) / Double(segment.overlap)) }
        if last < overlapBehind { value *= sin(.pi / 2 * (Double(last) + 0.5) / Double(overlapBehind)) }
        return value
    }

    /// The edit by a plain program over arrays.
    static func reference(_ list: EditList, _ arrays: [Recording.ID: [Double]]) -> [Double] {
        var result = [Double](repeating: 0, count: Int(list.length))
        var end = 0
        for (number, segment) in list.segments.enumerated() {
            let start = end - Int(segment.overlap)
            let behind = number + 1 < list.segments.count ? list.segments[number + 1].overlap : 0
            for index in 0..<segment.length {
                let sample = segment.source.flatMap { arrays[$0]?[Int(segment.start + index)] } ?? 0
                result[start + Int(index)] += sample * amplitude(segment, index, overlapBehind: behind)
            }
            end = start + Int(segment.length)
        }
        return result
    }

    static func random(_ sources: [EditSource], _ generator: inout SeededGenerator) -> [EditSegment] {
        var segments: [EditSegment] = []
        for _ in 0..<40 {
            let source = sources.randomElement(using: &generator) ?? sources[0]
            let start = Int64.random(in: 0..<source.length - 2, using: &generator)
            let end = Int64.random(in: start + 1...min(source.length, start + 40_000), using: &generator)
            var segment = EditSegment(
                source: Int.random(in: 0..<8, using: &generator) == 0 ? nil : source.recording, start: start, end: end,
                gain: Double.random(in: -12...12, using: &generator))
            if segment.source == nil { segment = .silence(segment.length) }
            segment.fadeIn = Int64.random(in: 0...segment.length, using: &generator) / 2
            segment.fadeOut = Int64.random(in: 0...segment.length - segment.fadeIn, using: &generator) / 2
            let room = segments.last.map { min(segment.length, $0.length - $0.overlap) } ?? 0
            segment.overlap = Bool.random(using: &generator) ? Int64.random(in: 0...room, using: &generator) : 0
            segments.append(segment)
        }
        return segments
    }

    @Test("any edit is the sum that the definition says", arguments: 0..<6)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let files = [try Fixtures.path("speech.wav"), try Fixtures.path("speech.flac")]
        let edit = try EditProject(files, rate: 8_000) { sources in Self.random(sources, &generator) }
        var arrays: [Recording.ID: [Double]] = [:]
        for (recording, path) in edit.paths { arrays[recording] = try RenderTools.decoded(path) }
        let expected = Self.reference(edit.list, arrays)
        let samples = try edit.samples(block: 1_000)
        #expect(samples.count == expected.count)
        #expect(zip(samples, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        // The size of the blocks changes nothing at all.
        #expect(try edit.samples() == samples)
    }

    @Test("a crossfade of a source with itself, far apart, opens it twice and jumps once")
    func itself() throws {
        let path = try Fixtures.path("minutes.wav")
        let edit = try EditProject([path], rate: 16_000) { sources in
            let recording = sources[0].recording
            return [
                EditSegment(source: recording, start: 0, end: 200_000),
                EditSegment(source: recording, start: 3_000_000, end: 3_200_000, overlap: 100_000),
            ]
        }
        let source = try RenderTools.decoded(path)
        let expected = Self.reference(edit.list, [edit.list.sources[0].recording: source])
        #expect(zip(try edit.samples(), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test("constant power: two sides of noise in a crossfade are as loud as each of them")
    func power() throws {
        let folder = try TemporaryFolder()
        let seeds: [UInt64] = [1, 2]
        let files = try seeds.map { seed in
            try folder.write(
                Tools.wav(Tools.noise(count: 96_000, seed: seed).map { $0 / 4 }, rate: 16_000, channels: 1),
                as: "noise-\(seed).wav")
        }
        let edit = try EditProject(files, rate: 16_000) { sources in
            [
                EditSegment(source: sources[0].recording, start: 0, end: 96_000),
                EditSegment(source: sources[1].recording, start: 0, end: 96_000, overlap: 64_000),
            ]
        }
        let samples = try edit.samples()
        let levels = stride(from: 0, to: samples.count - 8_000, by: 8_000).map {
            RenderTools.level(samples[$0..<$0 + 8_000])
        }
        #expect((levels.max() ?? 0) - (levels.min() ?? 0) < 0.3, "\(levels)")
    }

    @Test("a gain of the whole is a factor, and too loud is clamped, never wrapped")
    func clamped() throws {
        let folder = try TemporaryFolder()
        let values: [Int16] = [0, 100, -100, 20_000, -20_000, 32_767, -32_768, 8_000]
        let file = try folder.write(Tools.wav(values, rate: 8_000, channels: 1), as: "source.wav")
        let edit = try EditProject([file], rate: 8_000) { sources in
            [EditSegment(source: sources[0].recording, start: 0, end: 8, gain: 6)]
        }
        let factor = pow(10, 6.0 / 20)
        #expect(try edit.samples() == values.map { Double($0) / 32_768 * factor })
        _ = try edit.export(.wav(.int16), to: folder.file("loud.wav"))
        let loud = values.map { Int16(max(-32_768, min(32_767, (Double($0) * factor).rounded(.toNearestOrEven)))) }
        #expect(try Tools.bytes(folder.file("loud.wav")) == Tools.wav(loud, rate: 8_000, channels: 1))
        _ = try edit.export(.wav(.float32), to: folder.file("float.wav"))
        #expect(try RenderTools.decoded(folder.file("float.wav")).contains { $0 > 1.9 })
    }
}
