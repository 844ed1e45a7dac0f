import Core
import Testing

@Suite("The position among the versions of an edit")
struct EditPositionTests {
    static let ids = (0..<5).map { EditVersion.ID(at: Timestamp(milliseconds: 1_795_248_000_000 + $0)) }

    @Test("Undo goes to the parent, redo back to where undo came from")
    func undoRedo() throws {
        var position = EditPosition(head: Self.ids[1])
        position.advance(to: Self.ids[2])
        position.advance(to: Self.ids[3])
        let before = position
        try position.undo(to: Self.ids[2])
        try position.undo(to: Self.ids[1])
        #expect(position.head == Self.ids[1] && position.redoStack == [Self.ids[3], Self.ids[2]])
        #expect { try position.undo(to: nil) } throws: { ($0 as? EditError)?.code == "edit_nothing_to_undo" }
        try position.redo()
        #expect(position.head == Self.ids[2])
        try position.redo()
        #expect(position == before)
        #expect { try position.redo() } throws: { ($0 as? EditError)?.code == "edit_nothing_to_redo" }
        #expect(position == before)
    }

    @Test("A change after undo begins a branch: nothing can be redone")
    func branch() throws {
        var position = EditPosition(head: Self.ids[3])
        try position.undo(to: Self.ids[2])
        position.advance(to: Self.ids[4])
        #expect(position == EditPosition(head: Self.ids[4]))
    }
}
