import Core
import Testing

@testable import Persistence

@Suite struct ExportRepositoryTests {
    private let result = Export.Result(
        durationMs: 1500, sampleRate: 48_000, channels: 1,
        loudness: LoudnessChange(outcome: .heldBack, measuredLUFS: -30, gain: 12, missing: 2))

    private func export(of note: Note, _ format: ExportFormat, version: EditVersion.ID? = nil) -> Export {
        Export(
            id: Export.ID(), note: note.id, recording: note.recording.id, version: version, format: format,
            createdAt: Timestamp(milliseconds: 7))
    }

    @Test("an export is found by what was asked for, and keeps what became of it")
    func round() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        try await fixture.database.write { try $0.insert(note) }
        let wanted = export(of: note, try ExportFormat(.mp3, quality: 4))
        let blob = Blob(sha256: Sample.digest(2), size: 77, mimeType: "audio/mpeg")
        try await fixture.database.write { connection in
            try connection.exports.insert(wanted)
            try connection.exports.insert(export(of: note, try ExportFormat(.mp3, quality: 4), version: .init()))
            #expect(throws: PersistenceError.self) {
                try connection.exports.insert(export(of: note, try ExportFormat(.mp3, quality: 4)))
            }
            #expect(try connection.exports.find(note: note.id, version: nil, format: wanted.format) == wanted)
            #expect(try connection.exports.find(note: note.id, version: nil, format: ExportFormat(.mp3)) == nil)
            try connection.exports.setProgress(0.5, of: wanted.id)
            #expect(try connection.exports.find(wanted.id)?.state == .running)
            try connection.blobs.recordVerified(blob.sha256, size: 77, store: "local", at: .now())
            #expect(try connection.blobs.isReferenced(blob.sha256) == false)
            #expect(try connection.exports.setDone(wanted.id, blob: blob, result: result))
            try connection.exports.setProgress(0.7, of: wanted.id)
        }
        let found = try #require(try await fixture.database.read { try $0.exports.find(wanted.id, of: note.id) })
        #expect(found.state == .done && found.progress == 1 && found.blob == blob && found.result == result)
    }

    @Test("the blob of an export is needed, and goes to stores, until the export or its note is deleted")
    func blobs() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        try await fixture.database.write { try $0.insert(note) }
        let wanted = export(of: note, try ExportFormat(.flac))
        let blob = Blob(sha256: Sample.digest(2), size: 77, mimeType: "audio/flac")
        try await fixture.database.write { connection in
            try connection.exports.insert(wanted)
            try connection.blobs.recordVerified(blob.sha256, size: 77, store: "local", at: .now())
            _ = try connection.exports.setDone(wanted.id, blob: blob, result: result)
            #expect(try connection.blobs.isReferenced(blob.sha256))
            #expect(try !connection.blobs.deleteIfUnreferenced(blob.sha256))
            #expect(try connection.recordings.blobs(of: note.recording.id).contains(blob.sha256))
            #expect(try connection.replicas.neverWanted(in: "s3", role: .export, limit: 9) == [blob.sha256])
            #expect(try connection.replicas.neverWanted(in: "s3", role: .listen, limit: 9) == [])
            try connection.notes.delete(note.id)
            try connection.recordings.delete(note.recording.id)
            #expect(try connection.exports.find(wanted.id) == nil)
            #expect(try connection.blobs.deleteIfUnreferenced(blob.sha256))
        }
    }

    @Test("exports that have a job are those that are not done, failed ones too")
    func jobs() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        try await fixture.database.write { try $0.insert(note) }
        let all = try ExportFormat.Kind.allCases.prefix(3).map { export(of: note, try ExportFormat($0)) }
        try await fixture.database.write { connection in
            for one in all { try connection.exports.insert(one) }
            try connection.exports.setFailed(all[1].id, reason: "It is broken.")
            try connection.blobs.recordVerified(Sample.digest(2), size: 1, store: "local", at: .now())
            let blob = Blob(sha256: Sample.digest(2), size: 1, mimeType: "audio/mpeg")
            _ = try connection.exports.setDone(all[2].id, blob: blob, result: result)
            #expect(Set(try connection.exports.withJobs(of: note.id)) == [all[0].id, all[1].id])
            try connection.exports.setWaiting(all[1].id)
            #expect(try connection.exports.find(all[1].id)?.reason == nil)
        }
    }
}
