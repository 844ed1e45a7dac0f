import Audio
import Core
import Foundation
import Testing

@testable import voicenote

/// What a process leaves behind that ended before its recording was in its place.
@Suite struct LeftOverTests {
    @Test("a recording is a left-over as soon as its process is gone, and not before")
    func lock() throws {
        let fixture = try RecorderFixture()
        var recording: RecordingOnDisk? = try fixture.recording().recording
        let id = try #require(recording?.record.id)
        #expect(fixture.folder.leftOvers().found.isEmpty)
        // The end of a process closes its files.
        recording = nil
        let found = fixture.folder.leftOvers().found
        #expect(found.map(\.record.id) == [id])
        #expect(fixture.folder.leftOvers().found.isEmpty, "one who found it has it")
        withExtendedLifetime(found) {}
    }

    @Test("they come oldest first")
    func order() throws {
        let fixture = try RecorderFixture()
        var ids: [RecordingInProgress.ID] = []
        for number in 0..<3 {
            ids.append(try fixture.recording(title: "\(number)").recording.record.id)
            usleep(2_000)
        }
        #expect(fixture.folder.leftOvers().found.map(\.record.id) == ids)
    }

    @Test("a record whose sound is gone is removed; one that is nonsense stays, and is told of")
    func strange() throws {
        let fixture = try RecorderFixture()
        let name = try fixture.recording().recording.record.soundName
        try FileManager.default.removeItem(atPath: fixture.folder.path + "/" + name)
        try Data("{".utf8).write(to: URL(fileURLWithPath: fixture.folder.path + "/nonsense.json"))
        let (found, problems) = fixture.folder.leftOvers()
        #expect(found.isEmpty)
        #expect(problems.count == 1 && problems[0].contains("nonsense.json"))
        #expect(fixture.names == ["nonsense.json"])
    }

    @Test("a folder that is not there has none")
    func missing() {
        #expect(RecordingFolder(path: "/nonexistent/folder").leftOvers().found.isEmpty)
    }

    @Test("what is removed leaves nothing behind")
    func removal() throws {
        let fixture = try RecorderFixture()
        let recording = try fixture.recording().recording
        #expect(fixture.names.count == 2)
        try recording.remove()
        #expect(fixture.names.isEmpty)
    }

    @Test("changes of the record last, and only this user may read it")
    func record() throws {
        let fixture = try RecorderFixture()
        let recording = try fixture.recording().recording
        let upload = RecordingInProgress.Upload(server: "http://127.0.0.1:8080", path: "/api/v1/uploads/1")
        try recording.update { $0.upload = upload }
        let path = fixture.folder.path + "/" + recording.record.recordName
        let read = try JSONDecoder().decode(
            RecordingInProgress.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(read == recording.record && read.upload == upload)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("a WAV whose process died is mended before it goes anywhere else")
    func mending() async throws {
        let fixture = try RecorderFixture()
        var recording: RecordingOnDisk? = try fixture.recording().recording
        if let recording {
            let recorder = Recorder(recording, limits: RecordingLimits(), mendsHead: false) { nil }
            recorder.start()
            for number in 0..<20 { recorder.take(RecorderFixture.block(number)) }
            recorder.end(.stopped)
            await recorder.ended()
        }
        recording = nil
        // The recorder's thread may hold it for a moment longer.
        try await Task.sleep(for: .milliseconds(200))
        let found = try #require(fixture.folder.leftOvers().found.first)
        #expect(try fixture.bytes(found)[76..<80].elementsEqual([255, 255, 255, 255]))
        let target = fixture.folder.path + "/fence.wav"
        #expect(try await LeftOverDelivery.write(found, to: target) == target)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: target)))
        #expect(bytes.count == 80 + 16_000 && bytes[76..<80].elementsEqual([0x80, 0x3E, 0, 0]))
    }

    @Test("a file that is there already is never replaced")
    func occupied() async throws {
        let fixture = try RecorderFixture()
        let target = fixture.folder.path + "/fence.wav"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: target))
        let recording = try fixture.recording().recording
        await #expect(throws: CommandFailure.self) { _ = try await LeftOverDelivery.write(recording, to: target) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("mine".utf8))
    }

    @Test("the state folder is where the XDG specification says")
    func stateFolder() {
        let named = RecordingFolder.state(["XDG_STATE_HOME": "/state", "HOME": "/home/ada"])
        #expect(named.path == "/state/voicenote/recordings-in-progress")
        let usual = RecordingFolder.state(["XDG_STATE_HOME": "relative", "HOME": "/home/ada"])
        #expect(usual.path == "/home/ada/.local/state/voicenote/recordings-in-progress")
    }
}
