import TestSupport
import Testing

@testable import Core

@Suite("Operations agree with the plainest model of them")
struct EditPropertyTests {
    typealias Fixtures = EditFixtures

    /// A position in or near an edit, now and then an extreme one.
    static func position(_ length: Int64, _ generator: inout SeededGenerator) -> Int64 {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: .max
        case 1: .min
        case 2: -1
        case 3: length + 1
        case 4: length
        case 5: 0
        default: Int64.random(in: 0...length, using: &generator)
        }
    }

    static func range(_ length: Int64, _ generator: inout SeededGenerator) -> (start: Int64, end: Int64) {
        let ends = (position(length, &generator), position(length, &generator))
        return Int.random(in: 0..<8, using: &generator) == 0 ? ends : (min(ends.0, ends.1), max(ends.0, ends.1))
    }

    /// An operation that has neither a fade nor a crossfade.
    static func plain(_ length: Int64, _ generator: inout SeededGenerator) -> EditOperation {
        let range = range(length, &generator)
        let position = position(length, &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: return .trim(start: range.start, end: range.end)
        case 1: return .cut(start: range.start, end: range.end)
        case 2: return .split(at: position)
        case 3: return .move(start: range.start, end: range.end, to: position)
        case 4: return .insertSilence(at: position, length: Self.position(9, &generator))
        case 5: return .gain(start: range.start, end: range.end, decibels: 2)
        default:
            let source = Fixtures.sources.randomElement(using: &generator) ?? Fixtures.sources[0]
            let part = Self.range(source.length, &generator)
            return .join(recording: source.recording, start: part.start, end: part.end, at: position)
        }
    }

    /// Any operation.
    static func any(_ length: Int64, _ generator: inout SeededGenerator) -> EditOperation {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: .fadeIn(length: position(20, &generator))
        case 1: .fadeOut(length: position(20, &generator))
        case 2:
            .fade(
                segment: Int.random(in: -1...4, using: &generator), in: position(20, &generator),
                out: position(20, &generator))
        case 3: .crossfade(at: position(length, &generator), length: position(20, &generator))
        case 4: .removeSilence(minimum: position(8, &generator), keep: position(3, &generator))
        default: plain(length, &generator)
        }
    }

    /// What is heard after the operation, sample by sample; nil where it must be refused.
    static func model(_ samples: [[Heard]], _ operation: EditOperation) -> [[Heard]]? {
        func range(_ start: Int64, _ end: Int64, of count: Int) -> Range<Int>? {
            0 <= start && start < end && end <= count ? Int(start)..<Int(end) : nil
        }
        var samples = samples
        switch operation {
        case .trim(let start, let end):
            return range(start, end, of: samples.count).map { Array(samples[$0]) }
        case .cut(let start, let end):
            guard let range = range(start, end, of: samples.count), range.count < samples.count else { return nil }
            samples.removeSubrange(range)
        case .split(let position):
            guard position > 0, position < samples.count else { return nil }
        case .join(let recording, let start, let end, let position):
            let source = Fixtures.sources.first { $0.recording == recording }
            guard let start, let end, let position, (0...Int64(samples.count)).contains(position), let source,
                let part = range(start, end, of: Int(source.length))
            else { return nil }
            let inserted = part.map { [Heard(source: recording, index: Int64($0), level: 0)] }
            samples.insert(contentsOf: inserted, at: Int(position))
        case .move(let start, let end, let position):
            guard let range = range(start, end, of: samples.count), (0...Int64(samples.count)).contains(position),
                position <= start || position >= end
            else { return nil }
            let before = samples[..<Int(position)].indices.filter { !range.contains($0) }
            let behind = samples[Int(position)...].indices.filter { !range.contains($0) }
            return (before + Array(range) + behind).map { samples[$0] }
        case .insertSilence(let position, let length):
            guard (0...Int64(samples.count)).contains(position), (1...1_000).contains(length) else { return nil }
            let silence = [[Heard]](repeating: [Heard(source: nil, index: 0, level: 0)], count: Int(length))
            samples.insert(contentsOf: silence, at: Int(position))
        case .gain(let start, let end, let decibels):
            guard let range = range(start, end, of: samples.count) else { return nil }
            for index in range { samples[index] = samples[index].map { $0.amplified(by: decibels) } }
        default: return nil
        }
        return samples
    }

    @Test("Without fades, every operation gives exactly the samples of the model, or is refused", arguments: 0..<400)
    func plainOperations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var list = try Fixtures.random(&generator, fades: false)
        for _ in 0..<12 {
            let operation = Self.plain(list.length, &generator)
            let expected = Self.model(list.samples(), operation)
            let result = try? list.applying(operation)
            #expect(result?.samples() == expected, "\(operation)")
            guard let result, result.length < 200 else { continue }
            #expect(result.length == result.samples().count)
            list = result
        }
        #expect(try list.coalesced().samples() == list.samples())
    }

    @Test("With fades, nothing is heard that was not there, lengths add up, and lists stay valid", arguments: 0..<400)
    func anyOperations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 10_000)
        var list = try Fixtures.random(&generator, fades: true)
        let silences = [Fixtures.one: [Int64(5)..<15, 40..<60], Fixtures.two: [0..<9, 50..<60]]
        for _ in 0..<12 {
            let operation = Self.any(list.length, &generator)
            let result: EditList
            do throws(EditError) {
                result = try list.applying(operation, silences: silences)
            } catch {
                #expect(error.message.hasSuffix("."), "\(operation)")
                continue
            }
            #expect(throws: Never.self) { try result.validate() }
            #expect(result.length == result.samples().count)
            if let expected = Self.model(list.samples(), operation) {
                #expect(result.length == expected.count, "\(operation)")
                // A crossfade that was turned off leaves one of its two sides.
                let isKept = zip(result.samples(), expected).allSatisfy { Set($0).isSubset(of: $1) && !$0.isEmpty }
                #expect(isKept, "\(operation)")
            }
            let text = try Fixtures.json(result)
            #expect(try Fixtures.json(Fixtures.decode(EditList.self, text)) == text)
            if result.length < 200 { list = result }
        }
    }

    @Test("A split changes nothing that is heard, fades and crossfades included", arguments: 0..<200)
    func splits(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 20_000)
        let list = try Fixtures.random(&generator, fades: true)
        for position in 1..<max(2, list.length) {
            guard let split = try? list.applying(.split(at: position)) else { continue }
            #expect(split.rendered() == list.rendered())
            #expect(try split.coalesced() == list.coalesced())
        }
        #expect(try list.coalesced().rendered() == list.rendered())
    }

    @Test("A gain changes the level in its range by its factor and nothing else", arguments: 0..<200)
    func gains(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 30_000)
        let list = try Fixtures.random(&generator, fades: true)
        for _ in 0..<10 {
            let range = Self.range(list.length, &generator)
            guard let louder = try? list.applying(.gain(start: range.start, end: range.end, decibels: 20)) else {
                continue
            }
            let before = list.rendered()
            let after = louder.rendered()
            for position in before.indices {
                let factor = Int(range.start)..<Int(range.end) ~= position ? 10.0 : 1.0
                for (old, new) in zip(before[position], after[position]) {
                    #expect(old.index == new.index && old.source == new.source)
                    #expect(abs(old.level * factor - new.level) <= 1e-9 * new.level)
                }
            }
        }
    }

    @Test("Any sequence is undone exactly, byte for byte", arguments: 0..<50)
    func undo(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 40_000)
        let first = try Fixtures.random(&generator, fades: true)
        var position = EditPosition(head: EditVersion.ID())
        var versions = [position.head: (parent: EditVersion.ID?.none, list: first)]
        var texts = [try Fixtures.json(first)]
        var list = first
        for _ in 0..<20 {
            guard let next = try? list.applying(Self.any(list.length, &generator)) else { continue }
            let id = EditVersion.ID()
            versions[id] = (position.head, next)
            position.advance(to: id)
            list = next
            texts.append(try Fixtures.json(list))
        }
        func heard() throws -> String { try Fixtures.json(#require(versions[position.head]).list) }
        for text in texts.dropLast().reversed() {
            try position.undo(to: versions[position.head]?.parent)
            #expect(try heard() == text)
        }
        #expect(throws: EditError.self) { try position.undo(to: versions[position.head]?.parent) }
        for text in texts.dropFirst() {
            try position.redo()
            #expect(try heard() == text)
        }
        #expect(position.redoStack.isEmpty)
    }
}

extension Heard {
    fileprivate func amplified(by decibels: Double) -> Heard {
        Heard(source: source, index: index, level: level + decibels)
    }
}
