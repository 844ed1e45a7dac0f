import TestSupport
import Testing

@testable import Core

@Suite("A timeline finds what is heard where")
struct EditTimelineTests {
    typealias Fixtures = EditFixtures

    @Test("Pieces say what to read for a range; a crossfade has two")
    func pieces() throws {
        let timeline = EditTimeline(try Fixtures.crossfaded())
        let pieces = timeline.pieces(in: 20..<35)
        #expect(pieces.map(\.segment) == [0, 1])
        #expect(pieces.map(\.source) == [Fixtures.one, Fixtures.two])
        #expect(pieces.map(\.sourceRange) == [20..<35, 0..<5])
        #expect(pieces.map(\.position) == [20, 30])
        #expect(pieces.map(\.offset) == [20, 0])
        #expect(pieces.map(\.envelope.crossfadeIn) == [0, 10])
        #expect(pieces.map(\.envelope.crossfadeOut) == [10, 0])
        #expect(timeline.pieces(in: 0..<30).map(\.segment) == [0])
        #expect(timeline.pieces(in: 40..<70).map(\.segment) == [1])
        #expect(timeline.pieces(in: .min..<(.max)).map(\.sourceRange) == [0..<40, 0..<40])
        #expect(timeline.pieces(in: 70..<90).isEmpty && timeline.pieces(in: 5..<5).isEmpty)
        #expect(timeline.pieces(in: -9..<0).isEmpty && timeline.segments(in: .max..<(.max)).isEmpty)
    }

    @Test("A segment's position is where it begins", arguments: [(-1, nil), (0, 0), (1, 30), (2, nil), (.max, nil)])
    func positions(index: Int, position: Int64?) throws {
        #expect(EditTimeline(try Fixtures.crossfaded()).position(of: index) == position)
    }

    @Test("Every range has the segments and samples of the definition", arguments: 0..<100)
    func ranges(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 50_000)
        let list = try Fixtures.random(&generator, fades: true)
        let timeline = EditTimeline(list)
        let samples = list.samples()
        for _ in 0..<20 {
            let ends = (0..<2).map { _ in Int64.random(in: -3...list.length + 3, using: &generator) }.sorted()
            let range = (ends[0]..<ends[1]).clamped(to: 0..<list.length)
            let heard = list.rendered(in: range).map { $0.map { [$0.index] + [$0.source == Fixtures.one ? 1 : 0] } }
            let expected = samples[Int(range.lowerBound)..<Int(range.upperBound)]
                .map { $0.map { [$0.index] + [$0.source == Fixtures.one ? 1 : 0] } }
            #expect(heard == Array(expected))
            let touching = list.segments.indices.filter { index in
                let start = timeline.position(of: index) ?? 0
                return start < ends[1] && start + list.segments[index].length > ends[0] && ends[0] < ends[1]
            }
            #expect(Array(timeline.segments(in: ends[0]..<ends[1])) == touching)
        }
    }

    @Test("Steady samples have the gain alone", arguments: 0..<50)
    func steady(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 60_000)
        let list = try Fixtures.random(&generator, fades: true)
        for piece in EditTimeline(list).pieces(in: 0..<list.length) {
            for offset in piece.envelope.steady {
                #expect(piece.envelope.amplitude(at: offset) == piece.envelope.amplification)
            }
            #expect(piece.envelope.steady.upperBound <= max(piece.length, piece.envelope.steady.lowerBound))
        }
    }
}
