import Core
import Testing

@testable import Persistence

/// What a process leaves in the database for the one that comes after it.
@Suite struct RecoveryRowsTests {
    @Test("a blob that is forgotten awaits the removal of its files, until they are removed")
    func removals() async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let note = Sample.note(of: account.id, blob: 1)
        let states = try await fixture.database.write { connection in
            let blobs = connection.blobs
            try connection.insert(note)
            for number in [2, 3] {
                try blobs.recordVerified(Sample.digest(number), size: Int64(number), store: "local", at: .now())
            }
            var states = [Set(try blobs.awaitingRemoval())]
            for number in [1, 2, 3, 4] { _ = try blobs.deleteIfUnreferenced(Sample.digest(number)) }
            states.append(Set(try blobs.awaitingRemoval()))
            // Stored and forgotten once more, before anybody came to remove the files.
            try blobs.recordVerified(Sample.digest(2), size: 2, store: "local", at: .now())
            _ = try blobs.deleteIfUnreferenced(Sample.digest(2))
            try blobs.removed(Sample.digest(3))
            try blobs.removed(Sample.digest(9))
            states.append(Set(try blobs.awaitingRemoval()))
            return states
        }
        #expect(states == [[], [Sample.digest(2), Sample.digest(3)], [Sample.digest(2)]])
    }

    @Test("digests come page by page in their order")
    func digests() async throws {
        let fixture = try await Fixture()
        let numbers = [3, 200, 1, 17, 16]
        let pages = try await fixture.database.write { connection in
            for number in numbers {
                try connection.blobs.recordVerified(Sample.digest(number), size: 1, store: "local", at: .now())
            }
            var pages: [[SHA256Hash]] = []
            repeat {
                pages.append(try connection.blobs.digests(after: pages.last?.last, limit: 2))
            } while pages.last?.isEmpty == false
            return pages
        }
        #expect(pages.joined().elementsEqual(numbers.sorted().map(Sample.digest)))
        #expect(pages.map(\.count) == [2, 2, 1, 0])
    }

    @Test("a fact is what was said last")
    func facts() async throws {
        let fixture = try await Fixture()
        let values = try await fixture.database.write { connection in
            let facts = connection.facts
            let before = try facts.value("boot")
            try facts.set("boot", to: "a\n")
            try facts.set("recovery", to: "{}")
            try facts.set("boot", to: "é")
            return [before, try facts.value("boot"), try facts.value("recovery"), try facts.value("")]
        }
        #expect(values == [nil, "é", "{}", nil])
    }

    @Test("whether a recording was completed by the server stays with it", arguments: [true, false])
    func recovered(isRecovered: Bool) async throws {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        let sample = Sample.note(of: account.id, blob: 1).recording
        let recording = Recording(
            id: sample.id, blob: sample.blob, fileName: nil, isRecovered: isRecovered, report: nil, progress: 0,
            verifiedAt: sample.verifiedAt, renditions: [])
        let time = Timestamp(milliseconds: 1000)
        let note = Note(
            id: Note.ID(at: time), account: account.id, title: "", text: "", tags: [], folder: nil, archived: false,
            pinned: false, state: .processing, reason: nil, createdAt: time, updatedAt: time, trashedAt: nil,
            version: 1, urlEpoch: 0, recording: recording)
        let found = try await fixture.database.write { connection in
            try connection.insert(note)
            return try connection.notes.find(note.id)
        }
        #expect(found?.recording.isRecovered == isRecovered)
    }
}
