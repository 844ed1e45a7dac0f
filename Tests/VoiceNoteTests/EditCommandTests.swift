import Core
import Testing

@testable import voicenote

/// The command line of `voicenote edit`: which operations it means, in which order, and what it refuses.
@Suite struct EditCommandTests {
    private static func request(_ arguments: String...) throws -> EditRequest {
        try EditCommand.request(of: ["edit"] + arguments)
    }

    /// A list of ten seconds at 8000 Hz with silence from 2 s to 5 s.
    private static func draft() throws -> EditDraft {
        let recording = Recording.ID()
        let list = try EditList(whole: EditSource(recording: recording, length: 80_000), sampleRate: 8_000)
        return EditDraft(list, silences: [recording: [16_000..<40_000]])
    }

    private static func lengths(_ arguments: String...) throws -> [Int64] {
        var draft = try draft()
        var lengths: [Int64] = []
        for step in try EditCommand.request(of: ["edit", "a.wav"] + arguments).steps {
            try draft.apply(step)
            lengths.append(draft.list?.length ?? -1)
        }
        return lengths
    }

    private static let options = [
        ["--trim", "0s..9s"], ["--cut", "1s..2s"], ["--split", "3s"], ["--join", "b.wav"],
        ["--insert-silence", "1s+2s"], ["--move", "1s..2s@4s"], ["--gain", "-3"], ["--fade-in", "1s"],
        ["--fade-out", "1s"], ["--remove-silence"], ["--noise-reduction", "0.5"], ["--normalize=-18"],
    ]

    /// The parser keeps each option's values apart: that the order survives is our own work.
    @Test("operations come in the order of the command line, whatever it is", arguments: 0..<12)
    func order(turn: Int) throws {
        let turned = Array(Self.options[turn...] + Self.options[..<turn])
        for options in [turned, turned.reversed()] {
            let steps = try EditCommand.request(of: ["edit", "a.wav"] + options.flatMap { $0 }).steps
            let names = steps.map { String($0.text.prefix { $0 != " " }) }
            #expect(names == options.map { String($0[0].prefix { $0 != "=" }) })
        }
    }

    @Test("an option that is repeated keeps its places between the others")
    func repeated() throws {
        let steps = try Self.request("a.wav", "--cut", "1s..2s", "--trim", "0..5", "--cut", "2s..3s").steps
        #expect(steps.map(\.text) == ["--cut 1s..2s", "--trim 0..5", "--cut 2s..3s"])
    }

    @Test("positions are in what the operation before left")
    func positions() throws {
        #expect(try Self.lengths("--cut", "1s..2s", "--trim", "-2s..") == [72_000, 16_000])
        #expect(try Self.lengths("--trim", "-2s..", "--cut", "1s..end") == [16_000, 8_000])
        #expect(throws: CommandFailure.self) { try Self.lengths("--trim", "-2s..", "--cut", "1s..3s") }
        #expect(try Self.lengths("--insert-silence", "end+5s", "--trim", "..15s") == [120_000, 120_000])
    }

    @Test("silence is removed with and without numbers")
    func silence() throws {
        // Three seconds, of which 0.2 s stay at each side.
        #expect(try Self.lengths("--remove-silence") == [80_000 - 24_000 + 3_200])
        #expect(try Self.lengths("--remove-silence=2s,0") == [80_000 - 24_000])
        #expect(try Self.lengths("--remove-silence=4s") == [80_000])
        #expect(throws: (any Error).self) { try Self.lengths("--remove-silence=0.1s") }
    }

    @Test("a bare --remove-silence takes nothing of what stands behind it")
    func bareSilence() throws {
        #expect(
            EditArguments.spelledOut(["edit", "--remove-silence", "a.wav", "--remove-silence=2s"])
                == ["edit", "--remove-silence=1s,0.2s", "a.wav", "--remove-silence=2s"])
        #expect(EditArguments.spelledOut(["add", "--remove-silence"]) == ["add", "--remove-silence"])
        #expect(EditArguments.spelledOut(["edit", "--", "--remove-silence"]) == ["edit", "--", "--remove-silence"])
        #expect(EditArguments.spelledOut([]) == [])
    }

    @Test("values that begin with a minus belong to their option")
    func minus() throws {
        let steps = try Self.request(
            "a.wav", "--trim", "-10s..", "--gain", "-3", "--normalize", "-18,-2", "--gain=1s..2s=-4.5dB"
        ).steps
        #expect(steps.map(\.text).last == "--gain 1s..2s=-4.5dB")
        #expect(steps[1].action == .gain(.whole, decibels: -3))
        #expect(steps[2].action == .normalize(LoudnessTarget(target: -18, ceiling: -2)))
    }

    @Test(
        "what cannot be read is refused",
        arguments: [
            ["--trim", "5s"], ["--trim", ".."], ["--cut", "x..y"], ["--split", "noon"], ["--join", ""],
            ["--insert-silence", "1m"], ["--insert-silence", "1m+0s"], ["--move", "1s..2s"], ["--gain", "nan"],
            ["--gain", "1s..2s=inf"], ["--gain", "0x10"], ["--gain", "1e3"], ["--fade-in", "-1s"],
            ["--remove-silence=x"], ["--remove-silence=1s,2s,3s"], ["--noise-reduction", "1.5"],
            ["--noise-reduction", "nan"], ["--normalize", "3"], ["--normalize", "-18,1"], ["--normalize", "nan"],
            ["--export", "out.doc"], ["--export", "out"], ["--export", "wav"], ["--bits", "24"],
            ["--export", "a.mp3", "--bits", "24"], ["--export", "a.flac", "--bits", "32"],
            ["--export", "a.wav", "--bitrate", "64k"], ["--export", "a.mp3", "--bitrate", "64"],
            ["--export", "a.opus", "--quality", "2"], ["--export", "a.mp3", "--quality", "10"],
            ["--export", "a.mp3", "--quality", "2", "--bitrate", "64k"], ["--list", "out.xml"], ["--undo", "--redo"],
            ["--undo", "--trim", "1s.."], ["--restore", "2", "--undo"], ["--undo", "--dry-run"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try EditCommand.request(of: ["edit", "a.wav"] + arguments) }
    }

    @Test("the ending of the name says the format, in any case")
    func formats() throws {
        let formats = ["o.wav", "o.FLAC", "a.b/o.mp3", "o.m4a", "o.opus", "o.ogg"].map { name in
            try? Self.request("a.wav", "--export", name).export?.format
        }
        #expect(formats == [.wav, .flac, .mp3, .m4a, .opus, .opus])
        #expect(try Self.request("a.wav", "--export", "o.mp3", "--bitrate", "64k").export?.bitRate == 64_000)
    }

    @Test("where the server alone knows the silence, positions from the end are refused")
    func unknownSilence() throws {
        let list = try EditList(whole: EditSource(recording: Recording.ID(), length: 80_000), sampleRate: 8_000)
        var draft = EditDraft(list, silences: [:])
        let steps = try Self.request("a.wav", "--remove-silence", "--cut", "1s..2s", "--trim", "-2s..").steps
        try draft.apply(steps[0])
        try draft.apply(steps[1])
        #expect(draft.list == nil && draft.operations.count == 2)
        #expect(throws: CommandFailure.self) { try draft.apply(steps[2]) }
    }
}
