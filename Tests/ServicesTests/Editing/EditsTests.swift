import Core
import Persistence
import Testing

@testable import Services

@Suite("Edits of notes")
struct EditsTests {
    /// Services, an account, and notes whose recordings are analysed: a second of audio each, at 8000 samples.
    private struct Desk {
        let fixture: Fixture
        let account: Account.ID
        let edits: Edits

        init() async throws {
            fixture = try await Fixture()
            account = try await fixture.account()
            edits = Edits(database: fixture.database)
        }

        func note(_ content: String, of account: Account.ID? = nil, rate: Int = 8000) async throws -> Note {
            let (note, _) = try await fixture.upload(Array(content.utf8), of: account ?? self.account)
            let silence = SilenceMap(items: [.init(startMs: 200, endMs: 700)])
            let report = AudioReport(
                container: "wav", codec: "pcm_s16le", mimeType: "audio/wav", durationMs: 1000,
                totalSamples: Int64(rate),
                channels: 1, sampleRate: rate, bitDepth: 16, bitRate: 128_000, quality: .low,
                loudness: Loudness(integratedLUFS: -20, rangeLU: 3, truePeakDBTP: -3), silence: silence)
            try await fixture.database.write { connection in
                try connection.recordings.setReport(report, of: note.recording.id)
            }
            return try await fixture.notes.find(note.id, of: note.account)
        }

        @discardableResult
        func change(
            _ note: Note, from base: EditVersion.ID?, _ operations: EditOperation...
        ) async throws -> Edits.State {
            try await edits.change(note.id, account: account, from: base, .operations(operations))
        }
    }

    @Test("before the first change the whole recording is heard")
    func untouched() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let state = try await desk.edits.state(of: note.id, account: desk.account)
        #expect(state.head == nil && state.count == 0 && !state.canUndo && !state.canRedo)
        #expect(state.list.length == 8000 && state.list.sampleRate == 8000)
    }

    @Test("a change makes a version of what was heard, and undo is exact")
    func changes() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let whole = try await desk.edits.state(of: note.id, account: desk.account).list
        let first = try await desk.change(
            note, from: nil, .cut(start: 100, end: 200), .gain(start: 0, end: 50, decibels: -6))
        #expect(first.count == 2 && first.canUndo && !first.canRedo && first.list.length == 7900)
        #expect(first.head?.number == 2 && first.head?.summary == "cut, gain" && first.head?.author == desk.account)
        let second = try await desk.change(note, from: first.head?.id, .trim(start: 0, end: 1000))
        let undone = try await desk.edits.change(note.id, account: desk.account, from: second.head?.id, .undo)
        #expect(undone.list == first.list && undone.head?.id == first.head?.id && undone.canRedo && undone.count == 3)
        let start = try await desk.edits.change(note.id, account: desk.account, from: undone.head?.id, .undo)
        #expect(start.list == whole && !start.canUndo)
        await expect(.validationFailed) {
            _ = try await desk.edits.change(note.id, account: desk.account, from: start.head?.id, .undo)
        }
        let redone = try await desk.edits.change(note.id, account: desk.account, from: start.head?.id, .redo)
        #expect(redone.list == first.list)
        let again = try await desk.edits.change(note.id, account: desk.account, from: redone.head?.id, .redo)
        #expect(again == second)
    }

    @Test("whoever changes an old version gets both, and nothing has changed")
    func conflict() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let first = try await desk.change(note, from: nil, .trim(start: 0, end: 4000))
        do {
            try await desk.change(note, from: nil, .cut(start: 0, end: 1000))
            Issue.record("no conflict")
        } catch let conflict as EditConflict {
            #expect(conflict.head == first.head)
            #expect(conflict.yours?.length == 7000)
        }
        do {
            try await desk.change(note, from: EditVersion.ID(), .cut(start: 0, end: 1000))
            Issue.record("no conflict")
        } catch let conflict as EditConflict {
            #expect(conflict.head == first.head && conflict.yours == nil)
        }
        #expect(try await desk.edits.state(of: note.id, account: desk.account) == first)
    }

    @Test("of many changes of one version exactly one is made")
    func race() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    (try? await desk.change(note, from: nil, .trim(start: 0, end: Int64(100 + number)))) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(try await desk.edits.state(of: note.id, account: desk.account).count == 2)
    }

    @Test("a range of another recording of the same account can be joined, of nobody else's")
    func join() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let other = try await desk.note("b", rate: 48_000)
        let stranger = try await desk.fixture.account()
        let foreign = try await desk.note("c", of: stranger)
        let joined = try await desk.change(note, from: nil, .join(recording: other.recording.id))
        #expect(joined.list.length == 16_000 && joined.list.sources.count == 2)
        for recording in [foreign.recording.id, Recording.ID()] {
            await expect(.validationFailed, field: "operations.0.recording") {
                try await desk.change(note, from: joined.head?.id, .join(recording: recording))
            }
        }
        // Nor by a list that names it.
        let list = try EditList(
            sampleRate: 8000, sources: [EditSource(recording: foreign.recording.id, length: 8000)],
            segments: [EditSegment(source: foreign.recording.id, start: 0, end: 10)])
        await expect(.validationFailed, field: "list.sources.0") {
            _ = try await desk.edits.change(note.id, account: desk.account, from: joined.head?.id, .list(list))
        }
        #expect(try await desk.edits.state(of: note.id, account: desk.account) == joined)
    }

    @Test("a list must fit the recordings that it names")
    func lists() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let recording = note.recording.id
        func list(rate: Int = 8000, length: Int64 = 8000) throws -> EditList {
            try EditList(
                sampleRate: rate, sources: [EditSource(recording: recording, length: length)],
                segments: [EditSegment(source: recording, start: 10, end: 20)])
        }
        await expect(.validationFailed, field: "list.sampleRate") {
            _ = try await desk.edits.change(note.id, account: desk.account, from: nil, .list(try list(rate: 16_000)))
        }
        await expect(.validationFailed, field: "list.sources.0.length") {
            _ = try await desk.edits.change(note.id, account: desk.account, from: nil, .list(try list(length: 8001)))
        }
        #expect(try await desk.edits.state(of: note.id, account: desk.account).count == 0)
        let state = try await desk.edits.change(note.id, account: desk.account, from: nil, .list(try list()))
        #expect(state.list.length == 10 && state.count == 2)
    }

    @Test("silence goes by the map of the analysis")
    func silence() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let state = try await desk.change(note, from: nil, .removeSilence(minimum: 800, keep: 80))
        // 200 to 700 ms, a millisecond narrower at its begin, and 10 ms stay at each side.
        #expect(state.list.length == 8000 - (5600 - 1608 - 160))
    }

    @Test("a version can be named, listed and restored")
    func versions() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        var base: EditVersion.ID?
        for number in 1...5 {
            base = try await desk.change(note, from: base, .trim(start: 0, end: Int64(8000 - number * 100))).head?.id
        }
        let listed = try await desk.edits.versions(of: note.id, account: desk.account, before: nil, limit: 4)
        #expect(listed.map(\.number) == [6, 5, 4, 3])
        let rest = try await desk.edits.versions(of: note.id, account: desk.account, before: 3, limit: 4)
        #expect(rest.map(\.number) == [2, 1] && rest.last?.parent == nil)
        let second = rest[0].id
        let named = try await desk.edits.rename(second, to: " Short ", of: note.id, account: desk.account)
        #expect(named.name == "Short")
        await expect(.validationFailed, field: "name") {
            _ = try await desk.edits.rename(second, to: "", of: note.id, account: desk.account)
        }
        #expect(try await desk.edits.rename(second, to: nil, of: note.id, account: desk.account).name == nil)
        let restored = try await desk.edits.change(note.id, account: desk.account, from: base, .restore(second))
        #expect(restored.list == named.list && restored.head?.number == 7 && restored.head?.parent == base)
        await expect(.notFound) {
            _ = try await desk.edits.change(
                note.id, account: desk.account, from: restored.head?.id, .restore(EditVersion.ID()))
        }
    }

    @Test("another's note has no edit")
    func foreign() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let version = try await desk.change(note, from: nil, .trim(start: 0, end: 10)).head
        let stranger = try await desk.fixture.account()
        let edits = desk.edits
        await expect(.notFound) { _ = try await edits.state(of: note.id, account: stranger) }
        await expect(.notFound) { _ = try await edits.versions(of: note.id, account: stranger, before: nil, limit: 1) }
        await expect(.notFound) {
            _ = try await edits.version(try #require(version?.id), of: note.id, account: stranger)
        }
        await expect(.notFound) { _ = try await edits.change(note.id, account: stranger, from: version?.id, .undo) }
    }

    @Test("what is not analysed cannot be edited")
    func notReady() async throws {
        let desk = try await Desk()
        let (note, _) = try await desk.fixture.upload([1, 2, 3], of: desk.account)
        await expect(.notReady) { try await desk.change(note, from: nil, .trim(start: 0, end: 1)) }
    }

    @Test("a recording that the edit of another note needs stays until that note goes")
    func usedSource() async throws {
        let desk = try await Desk()
        let note = try await desk.note("a")
        let other = try await desk.note("b")
        try await desk.change(note, from: nil, .join(recording: other.recording.id))
        let notes = desk.fixture.notes
        _ = try await notes.trash(other.id, of: desk.account)
        await expect(.conflict) { try await notes.deleteForGood(other.id, of: desk.account) }
        #expect(try await notes.emptyTrash(olderThan: .seconds(-10)) == 0)
        #expect(try desk.fixture.blobFiles().count == 2)
        // Both in the trash: nobody needs it any more.
        _ = try await notes.trash(note.id, of: desk.account)
        #expect(try await notes.emptyTrash(olderThan: .seconds(-10)) == 2)
        #expect(try desk.fixture.blobFiles().isEmpty)
    }
}
