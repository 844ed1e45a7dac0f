import Foundation
import TestSupport
import Testing

@testable import Core

@Suite("Edits survive JSON, and only what is an edit is read")
struct EditCodingTests {
    typealias Fixtures = EditFixtures
    static let one = EditFixtures.one

    @Test("A list has its fields in JSON")
    func listJSON() throws {
        let list = try EditList(
            sampleRate: 48_000, sources: [EditSource(recording: Self.one, length: 100)],
            segments: [EditSegment(source: Self.one, start: 0, end: 40, gain: -1.5, fadeIn: 4), .silence(5)],
            settings: EditSettings(normalize: LoudnessTarget(target: -16)))
        #expect(
            try Fixtures.json(list)
                == "{\"sampleRate\":48000,\"segments\":[{\"end\":40,\"fadeIn\":4,\"fadeOut\":0,\"gain\":-1.5,"
                + "\"overlap\":0,\"source\":\"\(Self.one)\",\"start\":0},{\"end\":5,\"fadeIn\":0,\"fadeOut\":0,"
                + "\"gain\":0,\"overlap\":0,\"source\":null,\"start\":0}],\"settings\":{\"noiseReduction\":0,"
                + "\"normalize\":{\"ceiling\":-1,\"target\":-16}},\"sources\":[{\"length\":100,\"recording\":"
                + "\"\(Self.one)\"}]}")
    }

    @Test("A list is the same after JSON", arguments: 0..<100)
    func listRoundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let list = try Fixtures.random(&generator, fades: true)
        let text = try Fixtures.json(list)
        let decoded = try Fixtures.decode(EditList.self, text)
        #expect(decoded == list)
        #expect(try Fixtures.json(decoded) == text)
    }

    static let operations: [(String, EditOperation)] = [
        (#"{"op":"trim","start":0,"end":48000}"#, .trim(start: 0, end: 48_000)),
        (#"{"op":"cut","start":1,"end":2}"#, .cut(start: 1, end: 2)),
        (#"{"op":"split","at":-5}"#, .split(at: -5)),
        (#"{"op":"join","recording":"\#(one)"}"#, .join(recording: one)),
        (
            #"{"op":"join","recording":"\#(one)","start":1,"end":2,"at":3}"#,
            .join(recording: one, start: 1, end: 2, at: 3)
        ),
        (#"{"op":"move","start":1,"end":2,"to":9223372036854775807}"#, .move(start: 1, end: 2, to: .max)),
        (#"{"op":"insertSilence","at":1,"length":2}"#, .insertSilence(at: 1, length: 2)),
        (#"{"op":"gain","start":1,"end":2,"decibels":-3.5}"#, .gain(start: 1, end: 2, decibels: -3.5)),
        (#"{"op":"fadeIn","length":7}"#, .fadeIn(length: 7)),
        (#"{"op":"fadeOut","length":7}"#, .fadeOut(length: 7)),
        (#"{"op":"fade","segment":1,"in":2,"out":3}"#, .fade(segment: 1, in: 2, out: 3)),
        (#"{"op":"fade","segment":1,"out":3}"#, .fade(segment: 1, in: nil, out: 3)),
        (#"{"op":"crossfade","at":1,"length":0}"#, .crossfade(at: 1, length: 0)),
        (#"{"op":"normalize","target":-16}"#, .normalize(LoudnessTarget(target: -16, ceiling: -1))),
        (#"{"op":"normalize","target":-16,"ceiling":-2}"#, .normalize(LoudnessTarget(target: -16, ceiling: -2))),
        (#"{"op":"normalize","target":null}"#, .normalize(nil)),
        (#"{"op":"noiseReduction","strength":0.5}"#, .noiseReduction(strength: 0.5)),
        (#"{"op":"removeSilence","minimum":10,"keep":2}"#, .removeSilence(minimum: 10, keep: 2)),
        (
            #"{"op":"removeSilence","threshold":-40,"minimum":10,"keep":2}"#,
            .removeSilence(threshold: -40, minimum: 10, keep: 2)
        ),
    ]

    @Test("An operation is read from its flat JSON, and written so that it is read again", arguments: operations)
    func operation(text: String, operation: EditOperation) throws {
        #expect(try Fixtures.decode(EditOperation.self, text) == operation)
        #expect(try Fixtures.decode(EditOperation.self, Fixtures.json(operation)) == operation)
    }

    @Test("Every operation is in the table above")
    func everyOperation() {
        #expect(Set(Self.operations.map(\.1.name)) == Set(EditOperation.Name.allCases))
    }

    static let badOperations: [(String, EditError.Reason, String?)] = [
        (#"{"op":"explode"}"#, .operation, "op"),
        (#"{"op":"Trim","start":0,"end":1}"#, .operation, "op"),
        (#"{"start":0,"end":1}"#, .field, "op"),
        (#"{"op":null}"#, .field, "op"),
        (#"{"op":7}"#, .field, "op"),
        (#"{"op":"trim","start":0}"#, .field, "end"),
        (#"{"op":"trim","start":null,"end":1}"#, .field, "start"),
        (#"{"op":"trim","start":"0","end":1}"#, .field, "start"),
        (#"{"op":"trim","start":0.5,"end":1}"#, .field, "start"),
        (#"{"op":"trim","start":0,"end":9223372036854775808}"#, .field, "end"),
        (#"{"op":"trim","start":0,"end":1,"to":2}"#, .field, "to"),
        (#"{"op":"trim","start":0,"end":1,"b":2,"a":2}"#, .field, "a"),
        (#"{"op":"split","At":1}"#, .field, "At"),
        (#"{"op":"join","recording":"x"}"#, .field, "recording"),
        (#"{"op":"normalize"}"#, .field, "target"),
        (#"{"op":"normalize","target":null,"ceiling":-1}"#, .field, "ceiling"),
        (#"{"op":"fade","segment":0.5,"in":1}"#, .field, "segment"),
        ("[]", .field, nil),
        ("7", .field, nil),
    ]

    @Test("What is no operation is refused with what is wrong", arguments: badOperations)
    func badOperation(text: String, reason: EditError.Reason, field: String?) {
        #expect { try Fixtures.decode(EditOperation.self, text) } throws: {
            ($0 as? EditError)?.reason == reason && ($0 as? EditError)?.field == field
        }
    }

    @Test("What is no number, or no JSON, is refused", arguments: ["1e999", "-1e999", "NaN", "Infinity", "true", "{}"])
    func badNumber(number: String) {
        #expect(throws: (any Error).self) {
            try Fixtures.decode(EditOperation.self, #"{"op":"gain","start":0,"end":1,"decibels":\#(number)}"#)
        }
    }

    @Test("The name of an unknown field is cut in the message")
    func longName() {
        let name = String(repeating: "x", count: 10_000)
        #expect { try Fixtures.decode(EditOperation.self, "{\"op\":\"split\",\"at\":1,\"\(name)\":1}") } throws: {
            (($0 as? EditError)?.message.count ?? 1_000) < 200
        }
    }

    /// A list in JSON with these segments, and more fields behind them.
    static func list(_ segments: String = #"{"source":"\#(one)","start":0,"end":40}"#, extra: String = "") -> String {
        #"{"sampleRate":48000,"sources":[{"recording":"\#(one)","length":100}],"segments":["# + segments + "]" + extra
            + "}"
    }

    static let badLists: [(String, EditError.Reason, String?)] = [
        (list(extra: #","name":"x""#), .field, "name"),
        (list(extra: #","settings":{"loud":1}"#), .field, "settings.loud"),
        (list(extra: #","settings":{"normalize":{"ceiling":-1}}"#), .field, "settings.normalize.target"),
        (list(extra: #","settings":7"#), .field, "settings"),
        (list(#"{"source":"\#(one)","start":0}"#), .field, "segments.0.end"),
        (list(#"{"start":0,"end":40}"#), .field, "segments.0.source"),
        (list(#"{"source":"\#(one)","start":0,"end":40,"gian":1}"#), .field, "segments.0.gian"),
        (
            list(#"{"source":"\#(one)","start":0,"end":40},{"source":null,"start":0,"end":"5"}"#), .field,
            "segments.1.end"
        ),
        (list(#"{"source":"\#(one)","start":0,"end":101}"#), .segment, "segments.0.end"),
        (list(#"{"source":"\#(one)","start":0,"end":40,"gain":61}"#), .gain, "segments.0.gain"),
        (list("7"), .field, "segments.0"),
        (list(""), .empty, "segments"),
        ("{}", .field, "sampleRate"),
        (#"{"sampleRate":48000,"sources":{},"segments":[]}"#, .field, "sources"),
    ]

    @Test("What is no valid list is refused with what is wrong", arguments: badLists)
    func badList(text: String, reason: EditError.Reason, field: String?) {
        #expect { try Fixtures.decode(EditList.self, text) } throws: {
            ($0 as? EditError)?.reason == reason && ($0 as? EditError)?.field == field
        }
    }

    @Test("Fields that may be missing have their defaults")
    func defaults() throws {
        let list = try Fixtures.decode(EditList.self, Self.list())
        #expect(list.segments == [EditSegment(source: Self.one, start: 0, end: 40)])
        #expect(list.settings == EditSettings())
    }

    @Test("Reading ends at the first segment too many")
    func tooMany() {
        let segment = #"{"source":null,"start":0,"end":1}"#
        let most = [String](repeating: segment, count: 5_000).joined(separator: ",")
        #expect(throws: Never.self) { try Fixtures.decode(EditList.self, Self.list(most)) }
        #expect { try Fixtures.decode(EditList.self, Self.list(most + "," + segment)) } throws: {
            ($0 as? EditError)?.code == "edit_too_many_segments"
        }
        #expect { try Fixtures.decode(EditList.self, Self.list(most + ",7")) } throws: {
            ($0 as? EditError)?.code == "edit_too_many_segments"
        }
    }
}
