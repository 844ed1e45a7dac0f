import Audio
import Core
import Foundation
import Testing

@testable import voicenote

/// What becomes of blocks, pauses, marks and limits.
@Suite struct RecorderTests {
    private static let headBytes = 80

    private func record(
        _ fixture: RecorderFixture, mostTime: Duration? = nil, mostBytes: Int64? = nil,
        low: RecordingEnd? = nil, _ body: (Recorder) async throws -> Void
    ) async throws -> (status: RecorderStatus, recording: RecordingOnDisk) {
        let (recording, plan) = try fixture.recording(mostTime: mostTime, mostBytes: mostBytes)
        let recorder = Recorder(recording, limits: plan.limits(largest: nil), mendsHead: true) { low }
        recorder.start()
        try await body(recorder)
        recorder.end(.stopped)
        await recorder.ended()
        return (recorder.status, recording)
    }

    @Test("every sample is in the file, and on disk at the end")
    func everything() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture) { recorder in
            for number in 0..<40 { recorder.take(RecorderFixture.block(number, value: Int16(number))) }
        }
        #expect(status.end == .stopped)
        #expect(status.frames == 16_000 && status.durableFrames == 16_000)
        #expect(status.durableBytes == Int64(Self.headBytes + 32_000))
        let bytes = try fixture.bytes(recording)
        #expect(bytes.count == Self.headBytes + 32_000)
        #expect(bytes[Self.headBytes + 39 * 800] == 39)
        // The head says how many.
        #expect(bytes[76..<80].elementsEqual([0x00, 0x7D, 0, 0]))
        #expect(recording.record.isComplete)
    }

    @Test("what comes while it is paused is left out, and levels are shown all the same")
    func pause() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture) { recorder in
            recorder.take(RecorderFixture.block(0, value: 1))
            recorder.togglePause()
            for number in 1..<9 { recorder.take(RecorderFixture.block(number, value: 8_000)) }
            recorder.togglePause()
            recorder.take(RecorderFixture.block(9, value: 2))
        }
        #expect(status.frames == 800 && !status.isPaused)
        #expect(status.levels.peakDBFS > -13)
        let bytes = try fixture.bytes(recording)
        #expect(bytes[Self.headBytes] == 1 && bytes[Self.headBytes + 800] == 2)
    }

    @Test("a mark stands where the recording was, and lasts")
    func marks() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture) { recorder in
            for number in 0..<20 { recorder.take(RecorderFixture.block(number)) }
            recorder.mark()
            recorder.take(RecorderFixture.block(20))
            recorder.mark()
        }
        #expect(status.marks == 2)
        #expect(recording.record.marks == [8_000, 8_400])
        #expect(recording.record.noteText == "Paint it.\n0:00:01.0 mark 1\n0:00:01.0 mark 2")
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture.folder.path + "/" + recording.record.recordName))
        #expect(try JSONDecoder().decode(RecordingInProgress.self, from: data) == recording.record)
    }

    @Test("a time limit ends it at exactly that sample")
    func timeLimit() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture, mostTime: .milliseconds(1_020)) { recorder in
            for number in 0..<40 { recorder.take(RecorderFixture.block(number)) }
        }
        #expect(status.end == .timeLimit && status.frames == 8_160)
        #expect(try recording.size() == Int64(Self.headBytes + 2 * 8_160))
    }

    @Test("a size limit ends it before the file gets larger")
    func sizeLimit() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture, mostBytes: 100_000) { recorder in
            for number in 0..<200 {
                recorder.take(RecorderFixture.block(number))
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        #expect(status.end == .sizeLimit)
        #expect(try recording.size() <= 100_000)
        #expect(try recording.size() > 50_000)
    }

    @Test("a disk that gets full ends it, with what is there")
    func space() async throws {
        let fixture = try RecorderFixture()
        let (status, _) = try await record(fixture, low: .spaceLow(1_000)) { recorder in
            for number in 0..<30 {
                recorder.take(RecorderFixture.block(number))
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        #expect(status.end == .spaceLow(1_000))
        #expect(status.frames > 0 && status.durableFrames == status.frames)
        #expect(status.end?.isFailure == true)
    }

    @Test("a device that went away leaves what was captured")
    func deviceLost() async throws {
        let fixture = try RecorderFixture()
        let (status, recording) = try await record(fixture) { recorder in
            recorder.take(RecorderFixture.block(0))
            recorder.end(.deviceLost(.lost("fakemic")))
            recorder.take(RecorderFixture.block(1))
        }
        #expect(status.end == .deviceLost(.lost("fakemic")))
        #expect(status.end?.sentence?.contains("fakemic") == true)
        #expect(try recording.size() == Int64(Self.headBytes + 800))
    }

    @Test("what is said to people has no more digits than it needs")
    func lines() throws {
        let format = try RecordingFormat(codec: .wav, rate: 8_000, channels: 1)
        var status = RecorderStatus()
        status.frames = 8_000 * 3_725 + 7_999
        status.durableFrames = 8_000 * 3_725
        status.bytes = 59_600_000
        status.levels = Levels(rmsDBFS: -18.4, peakDBFS: -3.2, clips: 2)
        let line = RecorderLine.text(status, format, server: "server: up to date")
        for part in ["1:02:05.9", "59 MB", "-18 dB", "peak -3 dB", "CLIPPED 2x", "saved 1:02:05", "up to date"] {
            #expect(line.contains(part), "\(line)")
        }
        #expect(RecorderLine.bar(Levels()).allSatisfy { $0 == "░" })
        #expect(RecorderLine.bar(Levels(rmsDBFS: 0, peakDBFS: 0)).allSatisfy { $0 == "█" })
        #expect(RecorderLine.bar(Levels(rmsDBFS: -30, peakDBFS: -6)).count == 20)
    }
}
