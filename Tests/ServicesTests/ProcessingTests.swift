import Audio
import Blobs
import Core
import Foundation
import Persistence
import Testing

@testable import Services

/// Background work with real media workers. One at a time: each test has a worker process of its own.
@Suite(.serialized) struct ProcessingTests {
    private static func settled(_ fixture: Fixture, _ note: Note, of account: Account.ID) async throws -> Note {
        try await eventually(within: .seconds(60)) {
            try await fixture.notes.find(note.id, of: account).state != .processing
        }
        return try await fixture.notes.find(note.id, of: account)
    }

    @Test("a good recording becomes ready, with report, renditions, silence and events")
    func good() async throws {
        let fixture = try await Fixture(isProcessing: true)
        let account = try await fixture.account()
        let source = try Recordings.bytes("note.wav")
        let stream = fixture.events.events(for: account)
        let (note, receipt) = try await fixture.upload(source, NoteDraft(mimeType: "text/plain"), of: account)
        try await fixture.processing {
            let ready = try await Self.settled(fixture, note, of: account)
            #expect(ready.state == .ready && ready.reason == nil && ready.version > note.version)
            let report = try #require(ready.recording.report)
            #expect(report.container == "wav" && report.durationMs > 0)
            #expect(ready.recording.progress == 1)
            #expect(ready.recording.blob.mimeType == report.mimeType, "what it is, not what was declared")
            #expect(Set(ready.recording.renditions.map(\.kind)) == [.listen, .waveform])
            for rendition in ready.recording.renditions {
                let bytes = try fixture.content(of: rendition.blob.sha256)
                #expect(Int64(bytes.count) == rendition.blob.size && !bytes.isEmpty)
            }
            let listen = try #require(ready.recording.rendition(.listen))
            #expect(Array(try fixture.content(of: listen.blob.sha256).prefix(4)) == Array("OggS".utf8))
            #expect(try fixture.content(of: receipt.sha256) == source)
            let audio = try await fixture.playback.audio(note.id, nil, of: account)
            #expect(audio.entityTag == listen.blob.sha256.description && audio.fileName.hasSuffix(".ogg"))
            _ = try await fixture.playback.silence(note.id, of: account)
            let (reading, _) = try await fixture.playback.waveform(note.id, of: account)
            let fine = try await reading.dat(try WaveformZoom(samplesPerPixel: 256))
            let coarse = try await reading.dat(try WaveformZoom(samplesPerPixel: 1024))
            #expect(coarse.count < fine.count)
            try await eventually { try fixture.names(.temp).isEmpty }
            try await eventually { try await fixture.job(of: note) == nil }
        }
        fixture.events.finish()
        let states = await stream.reduce(into: [NoteState]()) { states, event in
            if case .changed(let note) = event { states.append(note.state) }
        }
        #expect(states.first == .processing && states.last == .ready)
    }

    @Test(
        "what is not audio fails with a reason, and its source stays as it was",
        arguments: ["bad/text.mp3", "bad/page.wav", "bad/random.mp3", "bad/empty.mp3"])
    func bad(name: String) async throws {
        let fixture = try await Fixture(isProcessing: true)
        let account = try await fixture.account()
        let source = try Recordings.bytes(name)
        let (note, receipt) = try await fixture.upload(source, of: account)
        try await fixture.processing {
            let failed = try await Self.settled(fixture, note, of: account)
            #expect(failed.state == .failed)
            #expect((failed.reason ?? "").count > 10)
            #expect(failed.recording.renditions.isEmpty && failed.recording.report == nil)
            #expect(try fixture.content(of: receipt.sha256) == source)
            #expect(try fixture.blobFiles() == [receipt.sha256.description])
            let job = try await fixture.job(of: note)
            #expect(job?.state == .failed && job?.attempts == 1, "a second attempt would find the same bytes")
            try await eventually { try fixture.names(.temp).isEmpty }
        }
    }

    @Test("a failed recording that is retried is processed again, with the same source")
    func retried() async throws {
        let fixture = try await Fixture(isProcessing: true)
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(try Recordings.bytes("note.wav"), of: account)
        try await fixture.database.write { connection in
            var failed = note
            failed.state = .failed
            failed.reason = "The disk was full."
            _ = try connection.notes.update(failed, from: note)
            let jobs = try connection.jobs.claim(
                kinds: [Processing.jobKind], owner: "me", limit: 1, now: .now(), leaseUntil: .now() + .seconds(9))
            _ = try connection.jobs.release(jobs[0].id, owner: "me", error: "full", runAt: nil)
        }
        _ = try await fixture.notes.retry(note.id, of: account)
        try await fixture.processing {
            let settled = try await Self.settled(fixture, note, of: account)
            #expect(settled.state == .ready)
        }
    }

    @Test("a worker that is killed in mid-work costs one attempt")
    func killed() async throws {
        let fixture = try await Fixture(isProcessing: true)
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(try Recordings.bytes("minutes.wav"), of: account)
        try await fixture.processing {
            try await eventually { fixture.workers?.status.running == 1 }
            for process in fixture.workers?.status.processIdentifiers ?? [] { kill(process, SIGKILL) }
            #expect(try await Self.settled(fixture, note, of: account).state == .ready)
        }
    }

    @Test("a note that is deleted for good in mid-work stays deleted, and nothing of it is left")
    func deleted() async throws {
        let fixture = try await Fixture(isProcessing: true)
        let account = try await fixture.account()
        let (note, _) = try await fixture.upload(try Recordings.bytes("minutes.wav"), of: account)
        let (other, _) = try await fixture.upload(try Recordings.bytes("note.wav"), of: account)
        try await fixture.processing {
            try await eventually { fixture.workers?.status.running == 1 }
            _ = try await fixture.notes.trash(note.id, of: account)
            try await fixture.notes.deleteForGood(note.id, of: account)
            #expect(try await Self.settled(fixture, other, of: account).state == .ready, "other work goes on")
            try await eventually(within: .seconds(60)) {
                fixture.workers?.status.running == 0 && fixture.workers?.status.waiting == 0
            }
            await expect(.notFound) { _ = try await fixture.notes.find(note.id, of: account) }
            try await eventually("temporary files stay") { try fixture.names(.temp).isEmpty }
            let ready = try await fixture.notes.find(other.id, of: account)
            let known = [ready.recording.blob] + ready.recording.renditions.map(\.blob)
            #expect(try fixture.blobFiles() == Set(known.map(\.sha256.description)))
        }
    }
}
