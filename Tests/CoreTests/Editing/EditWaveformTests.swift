import TestSupport
import Testing

@testable import Core

@Suite("An edit is drawn from its sources' peaks")
struct EditWaveformTests {
    typealias Fixtures = EditFixtures

    /// A waveform file of 8 bits and one channel.
    static func peaks(
        _ pairs: [(Int8, Int8)], rate: Int32 = 48_000, samplesPerPixel: Int32 = 4
    ) throws -> WaveformPeaks {
        let header = WaveformHeader(sampleRate: rate, samplesPerPixel: samplesPerPixel, length: UInt32(pairs.count))
        let data = pairs.flatMap { [UInt8(bitPattern: $0.0), UInt8(bitPattern: $0.1)] }
        return try WaveformPeaks(file: header.encoded() + data)
    }

    static func draw(
        _ list: EditList, _ pixelLength: Int, _ peaks: WaveformPeaks?, range: Range<Int64>? = nil
    ) throws -> [[Int8]] {
        let range = range ?? 0..<list.length
        return try EditTimeline(list).waveform(pixelLength: pixelLength, range: range) { _ in peaks }
            .map { [$0.low, $0.high] }
    }

    @Test("A pixel is the peak of the source pixels it touches")
    func touches() throws {
        let peaks = try Self.peaks((0..<25).map { (-Int8($0), Int8($0)) })
        let list = try Fixtures.whole()
        #expect(try Self.draw(list, 4, peaks) == (0..<25).map { [-$0, $0] })
        #expect(try Self.draw(list, 40, peaks) == [[-9, 9], [-19, 19], [-24, 24]])
        #expect(try Self.draw(list, 4, peaks, range: 2..<11) == [[-1, 1], [-2, 2], [-2, 2]])
        #expect(try Self.draw(list, 100_000, peaks, range: .min..<(.max)) == [[-24, 24]])
        #expect(try Self.draw(list, 1, peaks, range: 7..<9) == [[-1, 1], [-2, 2]])
        #expect(try Self.draw(list, 4, peaks, range: 100..<200).isEmpty)
        let cut = try list.applying(.cut(start: 4, end: 92))
        #expect(try Self.draw(cut, 4, peaks) == [[0, 0], [-23, 23], [-24, 24]])
        #expect(try Self.draw(cut, 8, peaks) == [[-23, 23], [-24, 24]])
    }

    @Test("Gains and fades scale a pixel, and clamp it")
    func scales() throws {
        let peaks = try Self.peaks([(Int8, Int8)](repeating: (-100, 60), count: 25))
        func drawn(_ operation: EditOperation) throws -> [[Int8]] {
            try Self.draw(Fixtures.whole().applying(operation), 20, peaks)
        }
        #expect(
            try drawn(.gain(start: 0, end: 20, decibels: -20)) == [[-10, 6]]
                + [[Int8]](repeating: [-100, 60], count: 4))
        #expect(try drawn(.gain(start: 0, end: 20, decibels: 6))[0] == [-128, 120])
        #expect(try drawn(.gain(start: 0, end: 20, decibels: 60))[0] == [-128, 127])
        #expect(try drawn(.fadeIn(length: 100)) == [[-11, 6], [-31, 18], [-51, 30], [-71, 42], [-91, 54]])
        #expect(try drawn(.insertSilence(at: 0, length: 20))[0] == [0, 0])
    }

    @Test("A source that has no peaks, or too few, is drawn as silence")
    func missing() throws {
        let list = try Fixtures.whole()
        #expect(try Self.draw(list, 50, nil) == [[0, 0], [0, 0]])
        #expect(try Self.draw(list, 50, Self.peaks([(-1, 1)])) == [[-1, 1], [0, 0]])
        #expect(try Self.draw(list, 50, Self.peaks([])) == [[0, 0], [0, 0]])
    }

    @Test("A source of another rate is drawn where it is heard")
    func otherRate() throws {
        let peaks = try Self.peaks((0..<25).map { (-Int8($0), Int8($0)) }, rate: 24_000, samplesPerPixel: 2)
        let list = try Fixtures.whole()
        #expect(try Self.draw(list, 4, peaks) == (0..<25).map { [-$0, $0] })
        #expect(try Self.draw(list, 4, Self.peaks([(-1, 1)], rate: .max, samplesPerPixel: .max)).count == 25)
        let long = try EditList(
            whole: EditSource(recording: Fixtures.one, length: EditList.maximumLength), sampleRate: 8_000)
        let end = long.length - 1..<long.length
        #expect(try Self.draw(long, 1, Self.peaks([(-1, 1)], rate: .max, samplesPerPixel: 2), range: end) == [[0, 0]])
    }

    @Test("Sixteen bits and several channels give the peak of all in eight bits")
    func wide() throws {
        let header = WaveformHeader(
            sampleRate: 48_000, samplesPerPixel: 100, length: 1, channels: 2, sampleWidth: .sixteenBit)
        let values: [Int16] = [-256, 512, -1_024, 257]
        let data = values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        #expect(try Self.draw(Fixtures.whole(), 100, WaveformPeaks(file: header.encoded() + data)) == [[-4, 2]])
        #expect(throws: WaveformError.self) { try WaveformPeaks(file: header.encoded()) }
    }

    @Test("Without gains and fades, each pixel has the peak of its samples", arguments: 0..<100)
    func definition(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 80_000)
        var segments = try Fixtures.random(&generator, fades: false).segments
        for index in segments.indices { segments[index].gain = 0 }
        let list = try Fixtures.list(segments)
        let pairs = (0..<25).map { _ in
            (Int8.random(in: -128...0, using: &generator), Int8.random(in: 0...127, using: &generator))
        }
        let heard = list.samples().map { samples in
            samples.map { $0.source == nil ? (0, 0) : pairs[Int($0.index / 4)] }
        }
        for pixelLength in [1, 3, 4, 10, 1_000] {
            let expected = stride(from: 0, to: heard.count, by: pixelLength).map { start in
                let samples = heard[start..<min(heard.count, start + pixelLength)].flatMap { $0 }
                return [samples.map(\.0).min() ?? 1, samples.map(\.1).max() ?? -1]
            }
            #expect(try Self.draw(list, pixelLength, Self.peaks(pairs)) == expected)
        }
    }

    @Test("Pixels are bounded in length and number", arguments: [Int.min, -1, 0, Int.max])
    func bounds(pixelLength: Int) throws {
        let list = try EditList(sampleRate: 48_000, sources: [], segments: [.silence(EditList.maximumLength)])
        #expect { try Self.draw(list, pixelLength, nil) } throws: { ($0 as? EditError)?.code == "edit_range" }
        #expect { try Self.draw(list, 256, nil) } throws: { ($0 as? EditError)?.code == "edit_too_many_pixels" }
        #expect(try Self.draw(list, Int(EditList.maximumLength), nil) == [[0, 0]])
    }

    @Test("Peaks of a recording are asked for once")
    func askedOnce() throws {
        let list = try Fixtures.whole().applying(.split(at: 10)).applying(.join(recording: Fixtures.two))
        var asked: [Recording.ID] = []
        _ = try EditTimeline(list).waveform(pixelLength: 5, range: 0..<list.length) { recording in
            asked.append(recording)
            return nil
        }
        #expect(asked == [Fixtures.one, Fixtures.two])
    }
}
