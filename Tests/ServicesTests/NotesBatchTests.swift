import Core
import Persistence
import Testing

@testable import Services

@Suite struct NotesBatchTests {
    /// A fixture, an account, and so many notes of it.
    private static func shelf(_ count: Int) async throws -> (fixture: Fixture, account: Account.ID, ids: [String]) {
        let fixture = try await Fixture()
        let account = try await fixture.account()
        var ids: [String] = []
        for number in 0..<count {
            let draft = NoteDraft(title: "\(number)", folder: "Old", mimeType: "audio/wav")
            ids.append(try await fixture.upload(Array("same".utf8), draft, of: account).note.id.description)
        }
        return (fixture, account, ids)
    }

    private static func note(_ id: String, _ fixture: Fixture, _ account: Account.ID) async throws -> Note {
        try await fixture.notes.find(try #require(Note.ID(id)), of: account)
    }

    private static func codes(_ result: BatchResult) -> [VoiceNoteError.Code?] { result.items.map(\.code) }

    struct Action: Sendable, CustomTestStringConvertible {
        let action: BatchRequest.Action
        let isDone: @Sendable (Note) -> Bool
        var testDescription: String { "\(action)" }
    }

    /// In an order in which each changes something.
    private static let actions = [
        Action(action: .archive) { $0.archived },
        Action(action: .unarchive) { !$0.archived },
        Action(action: .move(folder: " Neu\u{0308} ")) { $0.folder == "Ne\u{00FC}" },
        Action(action: .move(folder: nil)) { $0.folder == nil },
        Action(action: .delete) { $0.trashedAt != nil && $0.urlEpoch == 1 },
        Action(action: .restore) { $0.trashedAt == nil },
    ]

    @Test("every action changes every note once, and done again it changes nothing")
    func everyAction() async throws {
        let (fixture, account, ids) = try await Self.shelf(3)
        for (number, action) in Self.actions.enumerated() {
            for _ in 1...2 {
                let request = try BatchRequest(action.action, ids: ids)
                let result = try await fixture.notes.batch(request, key: nil, of: account)
                #expect(result.items.map(\.id) == ids)
                #expect(result.succeeded == 3 && result.failed == 0)
                for id in ids {
                    let note = try await Self.note(id, fixture, account)
                    #expect(action.isDone(note), "\(action.action)")
                    #expect(note.version == Int64(number + 2))
                }
            }
        }
    }

    @Test("who listens is told of each note that changed, and of no other")
    func events() async throws {
        let (fixture, account, ids) = try await Self.shelf(3)
        let first = try BatchRequest(.archive, ids: [ids[1]])
        _ = try await fixture.notes.batch(first, key: nil, of: account)
        var events = fixture.events.events(for: account).makeAsyncIterator()
        _ = try await fixture.notes.batch(try BatchRequest(.archive, ids: ids), key: nil, of: account)
        _ = try await fixture.notes.batch(try BatchRequest(.unarchive, ids: [ids[0]]), key: nil, of: account)
        for (id, archived) in [(ids[0], true), (ids[2], true), (ids[0], false)] {
            guard case .changed(let note)? = await events.next() else {
                Issue.record("no event")
                return
            }
            #expect(note.id.description == id && note.archived == archived)
        }
    }

    @Test("a batch larger than a transaction is done to its end")
    func many() async throws {
        let (fixture, account, ids) = try await Self.shelf(230)
        let result = try await fixture.notes.batch(try BatchRequest(.archive, ids: ids), key: nil, of: account)
        #expect(result.items.map(\.id) == ids && result.succeeded == 230)
        let list = try await fixture.notes.list(NoteQuery(limit: 500, archived: true), of: account)
        #expect(list.items.count == 230)
    }

    @Test("what is foreign, unknown or no id is not found, all in the same words, and hinders no other")
    func notFound() async throws {
        let (fixture, account, ids) = try await Self.shelf(2)
        let stranger = try await fixture.account()
        let foreign = try await fixture.upload([1], of: stranger).note
        let wanted = [ids[0], foreign.id.description, Note.ID().description, "no-id", "", ids[1]]
        for action in Self.actions.map(\.action) + [.replicate] {
            let request = try BatchRequest(action, ids: wanted)
            let result = try await fixture.notes.batch(request, key: nil, of: account)
            #expect(result.items.map(\.id) == wanted)
            let refused = result.items[1...4]
            #expect(refused.allSatisfy { $0.code == .notFound })
            #expect(Set(refused.map(\.detail)) == [VoiceNoteError.notFound("note").detail])
            guard action != .replicate else { continue }
            #expect(result.succeeded == 2 && result.failed == 4)
        }
        #expect(try await fixture.notes.find(foreign.id, of: stranger) == foreign)
    }

    @Test("a note whose row cannot be read fails alone")
    func damaged() async throws {
        let (fixture, account, ids) = try await Self.shelf(3)
        try await fixture.database.write { connection in
            _ = try connection.execute("UPDATE notes SET state = 'lost' WHERE id = $1", [.text(ids[1])])
        }
        let result = try await fixture.notes.batch(try BatchRequest(.archive, ids: ids), key: nil, of: account)
        #expect(Self.codes(result) == [nil, .internalError, nil])
        #expect(try await Self.note(ids[2], fixture, account).archived)
    }

    @Test("a note that is named twice is answered once, however its id is written")
    func duplicates() async throws {
        let (fixture, account, ids) = try await Self.shelf(2)
        let wanted = [ids[1].uppercased(), ids[0], ids[1], ids[0], "x", "x"]
        let result = try await fixture.notes.batch(try BatchRequest(.archive, ids: wanted), key: nil, of: account)
        #expect(result.items.map(\.id) == [ids[1].uppercased(), ids[0], "x"])
        #expect(Self.codes(result) == [nil, nil, .notFound])
    }

    @Test("from 1 to 500 notes", arguments: [(0, false), (1, true), (500, true), (501, false)])
    func sizes(count: Int, isAllowed: Bool) async {
        let ids = (0..<count).map { "\($0)" }
        if isAllowed {
            #expect((try? BatchRequest(.archive, ids: ids))?.notes.ids == ids)
        } else {
            await expect(.validationFailed) { _ = try BatchRequest(.archive, ids: ids) }
        }
    }

    @Test("everything that is wrong with a request is said at once")
    func invalid() throws {
        do {
            _ = try BatchRequest(.move(folder: String(repeating: "x", count: 101)), ids: [])
            Issue.record("no error")
        } catch {
            #expect(error.code == .validationFailed && error.fields.map(\.field) == ["ids", "folder"])
        }
        #expect(try BatchRequest(.move(folder: ""), ids: ["x"]).action == .move(folder: nil))
    }
}
