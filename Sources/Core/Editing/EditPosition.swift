/// Which version of a note's edit is heard, and what was undone.
///
/// Versions are a tree: undoing and then changing something begins another branch, and no version is ever removed.
/// Undoing is exact, because it goes back to a version instead of reversing an operation.
public struct EditPosition: Sendable, Hashable {
    /// The most versions of one note. None is ever removed.
    public static let maximumVersions = 10_000

    /// The version that is heard.
    public private(set) var head: EditVersion.ID
    /// What was undone and can be done again; the one that comes first is the last.
    public private(set) var redoStack: [EditVersion.ID]

    public init(head: EditVersion.ID, redoStack: [EditVersion.ID] = []) {
        self.head = head
        self.redoStack = redoStack
    }

    /// Has a version heard that was made from the present one. What was undone can no longer be done again.
    public mutating func advance(to version: EditVersion.ID) {
        head = version
        redoStack = []
    }

    /// Goes back to the version that the present one was made from.
    /// - Parameter parent: of the version that is heard.
    /// - Throws: ``EditError`` at the first version.
    public mutating func undo(to parent: EditVersion.ID?) throws(EditError) {
        guard let parent else {
            throw EditError(.nothingToUndo, "This is the first version; there is nothing to undo.")
        }
        redoStack.append(head)
        head = parent
    }

    /// Goes to the version that the last undoing left.
    /// - Throws: ``EditError`` where nothing was undone since the last change.
    public mutating func redo() throws(EditError) {
        guard let next = redoStack.popLast() else {
            throw EditError(.nothingToRedo, "Nothing was undone since the last change; there is nothing to redo.")
        }
        head = next
    }
}
