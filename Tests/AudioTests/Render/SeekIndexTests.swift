import Core
import Foundation
import TestSupport
import Testing

@testable import Audio

@Suite("A far place is found by what the analysis noted")
struct SeekIndexTests {
    private static let files = ["speech.mp3", "speech.aac", "speech.webm"]

    private func preview(
        _ edit: EditProject, _ bytes: Range<Int64>, _ indexes: [Recording.ID: SeekIndex]
    ) throws -> [UInt8] {
        let request = PreviewRequest(
            list: edit.list, layout: WAVLayout(edit.list, channels: 1), bytes: bytes, indexes: indexes)
        return try edit.withSources { sources in
            let folder = try TemporaryFolder()
            let output = open(folder.file("part"), O_RDWR | O_CREAT | O_EXCL, 0o600)
            defer { close(output) }
            _ = try RenderEngine(options: Tools.fast).preview(
                request, sources: sources, output: output, progress: { _ in })
            return try Tools.bytes(folder.file("part"))
        }
    }

    @Test("with the index and without it, the same samples come", arguments: files)
    func same(file: String) throws {
        let path = try Fixtures.path(file)
        let index = try #require(try Tools.report(path).seekIndex)
        #expect(index.points.count >= 3)
        #expect(index.points.map(\.elapsed) == index.points.map(\.elapsed).sorted())
        let edit = try EditProject(whole: path)
        let source = edit.list.sources[0].recording
        let length = WAVLayout(edit.list, channels: 1).length
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<12 {
            let start = Int64.random(in: 0..<length - 20_000, using: &generator)
            let range = start..<start + 20_000
            #expect(try preview(edit, range, [source: index]) == preview(edit, range, [:]), "\(start)")
        }
    }

    @Test("the index is what is gone by, and one that leads elsewhere does no harm", arguments: files)
    func wrong(file: String) throws {
        let path = try Fixtures.path(file)
        let index = try #require(try Tools.report(path).seekIndex)
        let edit = try EditProject(whole: path)
        let source = edit.list.sources[0].recording
        let end = WAVLayout(edit.list, channels: 1).length
        let range = end - 40_000..<end
        let expected = try preview(edit, range, [:])
        var shifted = index
        for place in shifted.points.indices { shifted.points[place].elapsed += Int64(0.1 / index.unit) }
        #expect(try preview(edit, range, [source: shifted]) != expected, "nobody looks at the index")
        var elsewhere = index
        for place in elsewhere.points.indices { elsewhere.points[place].time += 1 }
        #expect(try preview(edit, range, [source: elsewhere]) == expected)
        for place in elsewhere.points.indices { elsewhere.points[place].byte = 1 << 50 }
        #expect(try preview(edit, range, [source: elsewhere]) == expected)
    }

    @Test("the last place at or before a time is found")
    func lookUp() {
        var index = SeekIndex(unit: 0.5)
        #expect(index.point(atOrBefore: 100) == nil)
        index.points = (1...9).map { SeekIndex.Point(time: $0, byte: $0 * 10, elapsed: $0 * 40) }
        #expect(index.point(atOrBefore: 19.9) == nil)
        #expect(index.point(atOrBefore: 20)?.time == 1)
        #expect(index.point(atOrBefore: 179.5)?.time == 8)
        #expect(index.point(atOrBefore: 1e9)?.time == 9)
    }

    @Test("recordings with an index of their own have none", arguments: ["speech.wav", "speech.flac", "speech.m4a"])
    func others(file: String) throws {
        #expect(try Tools.report(Fixtures.path(file)).seekIndex == nil)
    }
}
