import Foundation
import TestSupport

@testable import Core

/// Short edits, and the plainest way to say what is heard of them.
enum EditFixtures {
    static let one = Recording.ID(at: Timestamp(milliseconds: 1_795_248_000_000))
    static let two = Recording.ID(at: Timestamp(milliseconds: 1_795_248_000_001))
    static let unknown = Recording.ID(at: Timestamp(milliseconds: 1_795_248_000_002))
    static let sources = [EditSource(recording: one, length: 100), EditSource(recording: two, length: 60)]

    static func list(_ segments: [EditSegment], settings: EditSettings = EditSettings()) throws(EditError) -> EditList {
        try EditList(sampleRate: 48_000, sources: sources, segments: segments, settings: settings)
    }

    /// 0 to 100 of the first source.
    static func whole() throws(EditError) -> EditList {
        try list([EditSegment(source: one, start: 0, end: 100)])
    }

    /// 0 to 40 of the first source and 0 to 40 of the second, the last 10 of one over the first 10 of the other.
    static func crossfaded() throws(EditError) -> EditList {
        try list([
            EditSegment(source: one, start: 0, end: 40), EditSegment(source: two, start: 0, end: 40, overlap: 10),
        ])
    }

    /// A few segments; with fades and crossfades where these are asked for.
    static func random(
        _ generator: inout SeededGenerator, fades: Bool
    ) throws(EditError) -> EditList {
        var segments: [EditSegment] = []
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            var segment = randomSegment(&generator)
            if fades {
                segment.fadeIn = Int64.random(in: 0...segment.length, using: &generator) / 2
                segment.fadeOut = Int64.random(in: 0...segment.length - segment.fadeIn, using: &generator) / 2
                let room = segments.last.map { min(segment.length, $0.length - $0.overlap) } ?? 0
                segment.overlap = Bool.random(using: &generator) ? Int64.random(in: 0...room, using: &generator) : 0
            }
            segments.append(segment)
        }
        return try list(segments)
    }

    private static func randomSegment(_ generator: inout SeededGenerator) -> EditSegment {
        let gain = Double(Int.random(in: -3...3, using: &generator))
        guard let source = (sources + [nil]).randomElement(using: &generator) ?? nil else {
            return EditSegment(source: nil, start: 0, end: Int64.random(in: 1...12, using: &generator), gain: gain)
        }
        let start = Int64.random(in: 0..<source.length, using: &generator)
        let end = Int64.random(in: start + 1...min(source.length, start + 30), using: &generator)
        return EditSegment(source: source.recording, start: start, end: end, gain: gain)
    }

    /// One JSON for one value.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// What one sample of a segment brings to one sample of an edit.
struct Heard: Hashable {
    var source: Recording.ID?
    /// The sample of the source; 0 for silence.
    var index: Int64
    /// The gain in dB, or the amplitude.
    var level: Double
}

extension EditList {
    /// For each sample of the edit what is heard there, with gains, from the definition alone: segment by segment.
    func samples() -> [[Heard]] {
        var samples: [[Heard]] = []
        for segment in segments {
            let start = samples.count - Int(segment.overlap)
            for offset in 0..<segment.length {
                let position = start + Int(offset)
                if position == samples.count { samples.append([]) }
                let index = segment.source == nil ? 0 : segment.start + offset
                samples[position].append(Heard(source: segment.source, index: index, level: segment.gain))
            }
        }
        return samples
    }

    /// For each sample of the edit what is heard there, with amplitudes, from the pieces to render.
    func rendered(in range: Range<Int64>? = nil) -> [[Heard]] {
        let range = range ?? 0..<length
        var samples = [[Heard]](repeating: [], count: range.count)
        for piece in EditTimeline(self).pieces(in: range) {
            for offset in 0..<piece.length {
                let index = piece.source == nil ? 0 : piece.sourceRange.lowerBound + offset
                let amplitude = piece.envelope.amplitude(at: piece.offset + offset)
                samples[Int(piece.position + offset - range.lowerBound)].append(
                    Heard(source: piece.source, index: index, level: amplitude))
            }
        }
        return samples
    }
}
