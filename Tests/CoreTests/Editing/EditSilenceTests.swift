import TestSupport
import Testing

@testable import Core

@Suite("Silence is found and removed")
struct EditSilenceTests {
    typealias Fixtures = EditFixtures
    static let one = EditFixtures.one
    static let two = EditFixtures.two

    static func segment(_ source: Recording.ID?, _ range: Range<Int64>, overlap: Int64 = 0) -> EditSegment {
        EditSegment(source: source, start: range.lowerBound, end: range.upperBound, overlap: overlap)
    }

    /// On 0 to 100 of the first source.
    static let removed: [([Range<Int64>], Int64, Int64, [Range<Int64>])] = [
        ([], 1, 0, []),
        ([10..<20], 10, 0, [10..<20]), ([10..<20], 11, 0, []), ([10..<20], 10, 2, [12..<18]),
        ([10..<20], 10, 4, [14..<16]), ([10..<20], 10, 5, []), ([10..<20], 1, EditList.maximumLength, []),
        ([0..<10, 90..<100], 5, 1, [1..<9, 91..<99]), ([10..<20, 20..<30], 10, 0, [10..<30]),
        ([10..<20, 40..<44, 60..<80], 10, 1, [11..<19, 61..<79]),
        ([-50..<10, 95..<500], 5, 0, [0..<10, 95..<100]),
        ([.min..<10, 95..<(.max)], 5, 1, [1..<9, 96..<99]),
    ]

    @Test("What is silent for long enough goes, apart from what is kept at its sides", arguments: removed)
    func removes(silent: [Range<Int64>], minimum: Int64, keep: Int64, expected: [Range<Int64>]) throws {
        let list = try Fixtures.whole()
        #expect(try list.silentRanges([Self.one: silent], minimum: minimum, keep: keep) == expected)
        let operation = EditOperation.removeSilence(minimum: minimum, keep: keep)
        let heard = try list.applying(operation, silences: [Self.one: silent]).samples().flatMap { $0.map(\.index) }
        #expect(heard == (0..<100).filter { index in !expected.contains { $0.contains(index) } })
    }

    @Test("Each segment is looked at by itself")
    func segments() throws {
        let list = try Fixtures.list([
            Self.segment(Self.one, 0..<15), Self.segment(nil, 0..<30), Self.segment(Self.one, 15..<50),
            Self.segment(Self.two, 0..<20),
        ])
        let silences = [Self.one: [Int64(10)..<20, 30..<40], Self.two: [Int64(0)..<60]]
        #expect(try list.silentRanges(silences, minimum: 6, keep: 0) == [60..<70, 80..<100])
        #expect(try list.silentRanges(silences, minimum: 5, keep: 1) == [11..<14, 46..<49, 61..<69, 81..<99])
    }

    @Test("A crossfade stays, and so does what a crossfade covers")
    func crossfades() throws {
        let silences = [Self.one: [Int64(20)..<40], Self.two: [Int64(0)..<40]]
        let list = try Fixtures.crossfaded()
        #expect(try list.silentRanges(silences, minimum: 5, keep: 0) == [20..<30, 40..<70])
        let result = try list.applying(.removeSilence(minimum: 5, keep: 0), silences: silences)
        #expect(
            result.segments == [
                Self.segment(Self.one, 0..<20), Self.segment(Self.one, 30..<40),
                Self.segment(Self.two, 0..<10, overlap: 10),
            ])
    }

    @Test("An edit that is nothing but silence stays, with an error")
    func nothingLeft() throws {
        let list = try Fixtures.whole()
        #expect { try list.applying(.removeSilence(minimum: 1, keep: 0), silences: [Self.one: [0..<100]]) } throws: {
            ($0 as? EditError)?.code == "edit_empty"
        }
        let kept = try list.applying(.removeSilence(minimum: 1, keep: 1), silences: [Self.one: [0..<100]])
        #expect(kept.segments == [Self.segment(Self.one, 0..<1), Self.segment(Self.one, 99..<100)])
    }

    @Test("Silence that is unknown or out of order is an error", arguments: [[40..<50, 10..<20], [10..<20, 19..<30]])
    func unknown(ranges: [Range<Int64>]) throws {
        let list = try Fixtures.whole()
        for silences in [[:], [Self.two: []], [Self.one: ranges]] as [[Recording.ID: [Range<Int64>]]] {
            #expect { try list.silentRanges(silences, minimum: 1, keep: 0) } throws: {
                ($0 as? EditError)?.code == "edit_silence"
            }
        }
        #expect(EditTimeline(list).mapSilences([Self.one: ranges]).count <= 2)
    }

    @Test("More silent ranges than an edit may have segments are refused before they are all found")
    func tooMany() throws {
        let source = EditSource(recording: Self.one, length: 100_000)
        let whole = EditSegment(source: Self.one, start: 0, end: 100_000)
        let list = try EditList(
            sampleRate: 8_000, sources: [source], segments: [EditSegment](repeating: whole, count: 1_000))
        let ranges: [Range<Int64>] = stride(from: 0, to: 100_000, by: 5).map { $0..<($0 + 2) }
        let silences = [Self.one: ranges]
        #expect { try list.silentRanges(silences, minimum: 1, keep: 0) } throws: {
            ($0 as? EditError)?.code == "edit_too_many_segments"
        }
        #expect(try list.silentRanges(silences, minimum: 3, keep: 0).isEmpty)
        #expect(EditTimeline(list).mapSilences(silences).count == SilenceMap.maximumItems)
        #expect(EditTimeline(list).mapSilences(silences, limit: -1).isEmpty)
    }

    @Test("Where an edit is silent is where all that sounds there is", arguments: 0..<100)
    func mapped(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 70_000)
        let list = try Fixtures.random(&generator, fades: true)
        let silences = [Self.one: [Int64(5)..<15, 40..<60], Self.two: [Int64(0)..<9, 9..<20, 50..<60]]
        let expected = list.samples().indices.filter { position in
            list.samples()[position].allSatisfy { heard in
                heard.source.map { silences[$0]?.contains { $0.contains(heard.index) } ?? false } ?? true
            }
        }
        let ranges = EditTimeline(list).mapSilences(silences)
        #expect(ranges.flatMap { Array($0) } == expected.map(Int64.init))
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        #expect(EditTimeline(list).mapSilences(silences, limit: 1) == Array(ranges.prefix(1)))
    }

    static let maps: [([SilenceMap.Item], [Range<Int64>])] = [
        ([], []),
        ([.init(startMs: 10, endMs: 20)], [88..<160]),
        ([.init(startMs: 0, endMs: 20)], [0..<160]),
        ([.init(startMs: 90, endMs: 100)], [728..<801]),
        ([.init(startMs: 0, endMs: 100)], [0..<801]),
        ([.init(startMs: 10, endMs: 20), .init(startMs: 30, endMs: .max)], [88..<160, 248..<801]),
        ([.init(startMs: 10, endMs: 20), .init(startMs: 5, endMs: 30)], [88..<160]),
        ([.init(startMs: .min, endMs: .max)], [0..<801]),
        ([.init(startMs: .max, endMs: .min), .init(startMs: 20, endMs: 10), .init(startMs: .max, endMs: .max)], []),
    ]

    @Test("A map in milliseconds becomes samples, and never more than was silent", arguments: maps)
    func ranges(items: [SilenceMap.Item], expected: [Range<Int64>]) {
        let map = SilenceMap(items: items)
        #expect(map.ranges(at: 8_000, length: 801) == expected)
        #expect(map.ranges(at: 0, length: 801).isEmpty && map.ranges(at: 8_000, length: .max).isEmpty)
    }
}
