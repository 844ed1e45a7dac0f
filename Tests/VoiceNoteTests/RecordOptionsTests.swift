import ArgumentParser
import Audio
import Core
import Foundation
import Testing

@testable import voicenote

/// What may be said to `voicenote record`.
@Suite struct RecordOptionsTests {
    private func plan(_ arguments: String...) throws -> RecordingPlan {
        try RecordCommand.parse(arguments).plan(at: Date(timeIntervalSince1970: 0))
    }

    /// What is said about arguments that are refused.
    private func refusal(_ arguments: [String]) -> String {
        do {
            _ = try RecordCommand.parse(arguments)
            return ""
        } catch {
            return RecordCommand.message(for: error)
        }
    }

    @Test("nothing is needed: a voice note, with the time as its title")
    func defaults() throws {
        let plan = try plan()
        #expect(plan.preset == .voice && plan.format.codec == .opus && plan.format.channels == 1)
        #expect(plan.title.hasPrefix("Recording 19") && plan.tags.isEmpty && plan.folder == nil && plan.text == "")
        #expect(plan.limits(largest: nil) == RecordingLimits())
    }

    @Test("what is said of the note is cleaned as for an upload")
    func metadata() throws {
        let plan = try plan(
            "--title", "  Garden fence ", "--tag", "idea,home", "--tag", "Idea", "--folder", "spring",
            "--text", "Paint it.")
        #expect(plan.title == "Garden fence" && plan.tags == ["idea", "home"] && plan.folder == "spring")
        #expect(plan.text == "Paint it.")
    }

    @Test("the ending of a file chooses the codec")
    func output() throws {
        #expect(try plan("--output", "a/memo.flac").format.codec == .flac)
        #expect(try plan("--output", "memo.WAV").format.codec == .wav)
        #expect(try plan("--output", "memo.ogg", "--preset", "music").format.codec == .opus)
        #expect(try plan("--output", "memo").format.codec == .opus)
    }

    @Test("limits are those that were asked for, or those of the place if they are narrower")
    func limits() throws {
        let plan = try plan("--limit-time", "1m30s", "--limit-size", "20MB", "--rate", "16000")
        #expect(plan.limits(largest: nil) == RecordingLimits(frames: 1_440_000, bytes: 20_000_000))
        #expect(
            plan.limits(largest: 5_000_000)
                == RecordingLimits(frames: 1_440_000, bytes: 5_000_000, isLargest: true))
        #expect(plan.limits(largest: 50_000_000).isLargest == false)
    }

    @Test(
        "what does not fit is refused, and the words say what would",
        arguments: [
            ["--preset", "loud"], ["--backend", "oss"], ["--codec", "mp3"], ["--rate", "7"], ["--rate", "44100"],
            ["--channels", "0"], ["--channels", "9", "--codec", "wav"], ["--bitrate", "32k", "--codec", "flac"],
            ["--bitrate", "fast"], ["--limit-time", "soon"], ["--limit-time", "0s"], ["--limit-size", "10"],
            ["--limit-size", "9999999999GB"], ["--title", String(repeating: "x", count: 201)],
            ["--title", "bell\u{7}"], ["--tag", String(repeating: "x", count: 51)],
            ["--text", String(repeating: "x", count: 100_001)], ["--output", "memo.mp3"],
            ["--output", "memo.wav", "--codec", "flac"], ["--output", "memo.wav", "--server", "http://x"],
            ["--recover", "--discard"], ["0190a0a0"],
        ])
    func refused(arguments: [String]) {
        let said = refusal(arguments)
        #expect(!said.isEmpty, "\(arguments)")
        #expect(!said.contains("InvalidValue(") && !said.contains("VoiceNoteError("), "\(said)")
    }

    @Test("lengths of time are read as people write them")
    func durations() throws {
        let known = ["45": 45, "45s": 45, "90m": 5_400, "1h30m": 5_400, "1h": 3_600, "1:30:00": 5_400, "2:05": 125]
        for (text, seconds) in known { #expect(try LimitText.duration(text) == .seconds(seconds), "\(text)") }
        for text in ["", "m", "1h30", "30m1h", "5ms", "1:60", "1:2:3:4", ":5", "-5", "1.5h", "999999h"] {
            #expect(throws: InvalidValue.self, "\(text)") { _ = try LimitText.duration(text) }
        }
    }

    @Test("sizes are read in powers of ten")
    func sizes() throws {
        let known: [String: Int64] = [
            "100000": 100_000, "500kB": 500_000, "500k": 500_000, "20MB": 20_000_000, "2gb": 2_000_000_000,
        ]
        for (text, bytes) in known { #expect(try LimitText.bytes(text) == bytes, "\(text)") }
        for text in ["", "MB", "5", "1.5GB", "-1MB", "1TB", "99999999999999999999"] {
            #expect(throws: InvalidValue.self, "\(text)") { _ = try LimitText.bytes(text) }
        }
    }
}
