import Testing

@testable import Core

@Suite("An edit's history keeps every version")
struct EditHistoryTests {
    typealias Fixtures = EditFixtures
    static let note = Note.ID(at: time)
    static let author = Account.ID(at: time)
    static let time = Timestamp(milliseconds: 1_795_248_000_000)
    static let ids = (0..<10).map { EditVersion.ID(at: Timestamp(milliseconds: 1_795_248_000_000 + $0)) }

    static func version(
        _ number: Int, _ list: EditList, parent: Int? = nil, note: Note.ID = note
    ) -> EditVersion {
        EditVersion(
            id: ids[number], note: note, number: number, parent: parent.map { ids[$0] }, list: list,
            summary: "Version \(number)", createdAt: time, author: author)
    }

    /// Three versions, each made from the one before.
    static func history() throws -> EditHistory {
        var history = try EditHistory(first: version(1, EditFixtures.whole()))
        for number in 2...3 {
            let list = try history.current.list.applying(.cut(start: 0, end: 10))
            try history.commit(list, as: ids[number], summary: "Cut", at: time, by: author)
        }
        return history
    }

    @Test("Undo goes to the parent, redo back to where undo came from")
    func undoRedo() throws {
        var history = try Self.history()
        let before = history
        #expect(try history.undo().id == Self.ids[2])
        #expect(try history.undo().list == Fixtures.whole())
        #expect(!history.canUndo && history.redoStack == [Self.ids[3], Self.ids[2]])
        #expect { try history.undo() } throws: { ($0 as? EditError)?.code == "edit_nothing_to_undo" }
        #expect(try history.redo().id == Self.ids[2])
        #expect(try history.redo().id == Self.ids[3])
        #expect { try history.redo() } throws: { ($0 as? EditError)?.code == "edit_nothing_to_redo" }
        #expect(history == before)
    }

    @Test("A change after undo begins a branch: nothing can be redone, nothing is lost")
    func branch() throws {
        var history = try Self.history()
        try history.undo()
        let version = try history.commit(
            Fixtures.crossfaded(), as: Self.ids[4], name: "Short", summary: "Join", at: Self.time, by: Self.author)
        #expect(version.number == 4 && version.parent == Self.ids[2] && version.name == "Short")
        #expect(version.note == Self.note && history.current == version)
        #expect(!history.canRedo && history.versions.count == 4 && history.versions[Self.ids[3]] != nil)
        #expect(try history.undo().id == Self.ids[2])
    }

    @Test("Restoring makes a new version that equals the old one, and can be undone")
    func restore() throws {
        var history = try Self.history()
        let version = try history.restore(
            Self.ids[1], as: Self.ids[4], summary: "Restored", at: Self.time, by: Self.author)
        #expect(try version.list == Fixtures.whole())
        #expect(version.number == 4 && version.parent == Self.ids[3])
        #expect(try history.undo().id == Self.ids[3])
        #expect {
            try history.restore(Self.ids[9], as: Self.ids[5], summary: "", at: Self.time, by: Self.author)
        } throws: { ($0 as? EditError)?.code == "edit_version" }
    }

    @Test("A stored history is the same again, in any order of versions")
    func stored() throws {
        var history = try Self.history()
        try history.undo()
        let versions = Array(history.versions.values)
        let again = try EditHistory(versions: versions, head: history.head, redoStack: history.redoStack)
        #expect(again == history)
        #expect(again.nextNumber == 4)
    }

    @Test("Versions that do not fit together are refused")
    func broken() throws {
        let list = try Fixtures.whole()
        let one = Self.version(1, list)
        let two = Self.version(2, list, parent: 1)
        let three = Self.version(3, list, parent: 2)
        let cases: [([EditVersion], Int, [Int])] = [
            ([], 1, []), ([one], 2, []), ([two], 2, []), ([one, three], 1, []), ([one, one], 1, []),
            ([one, Self.version(2, list)], 1, []), ([one, Self.version(2, list, parent: 2)], 1, []),
            ([one, Self.version(2, list, parent: 3), three], 1, []), ([Self.version(1, list, parent: 1)], 1, []),
            ([one, Self.version(2, list, parent: 1, note: Note.ID())], 1, []),
            ([one, two, three], 1, [3]), ([one, two, three], 1, [2, 3]), ([one, two], 2, [2]), ([one, two], 1, [9]),
        ]
        for (versions, head, redo) in cases {
            #expect {
                try EditHistory(versions: versions, head: Self.ids[head], redoStack: redo.map { Self.ids[$0] })
            } throws: { ($0 as? EditError)?.code == "edit_version" }
        }
        #expect(throws: Never.self) {
            try EditHistory(versions: [three, one, two], head: Self.ids[1], redoStack: [Self.ids[3], Self.ids[2]])
        }
    }

    @Test("An id is taken once")
    func takenId() throws {
        var history = try Self.history()
        let before = history
        #expect {
            try history.commit(Fixtures.whole(), as: Self.ids[1], summary: "", at: Self.time, by: Self.author)
        } throws: { ($0 as? EditError)?.code == "edit_version" }
        #expect(history == before)
    }

    @Test("The number of versions is bounded")
    func bounds() throws {
        var history = try Self.history()
        let list = history.current.list
        while history.versions.count < EditHistory.maximumVersions {
            try history.commit(list, as: EditVersion.ID(), summary: "", at: Self.time, by: Self.author)
        }
        #expect {
            try history.commit(list, as: EditVersion.ID(), summary: "", at: Self.time, by: Self.author)
        } throws: {
            ($0 as? EditError)?.code == "edit_too_many_versions"
        }
        #expect(try history.undo().number == EditHistory.maximumVersions - 1)
    }
}
