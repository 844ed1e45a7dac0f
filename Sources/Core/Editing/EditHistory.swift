/// All versions of the edit of a note, and which one is heard.
///
/// Versions are a tree: undoing and then changing something begins another branch, and no version is ever removed.
/// Undoing is exact, because it goes back to a version instead of reversing an operation.
public struct EditHistory: Sendable, Hashable {
    public static let maximumVersions = 10_000

    public private(set) var versions: [EditVersion.ID: EditVersion]
    /// The version that is heard.
    public private(set) var current: EditVersion
    /// What was undone and can be done again; the last one comes first.
    public private(set) var redoStack: [EditVersion.ID]

    /// The id of the version that is heard.
    public var head: EditVersion.ID { current.id }
    public var canUndo: Bool { current.parent != nil }
    public var canRedo: Bool { !redoStack.isEmpty }
    /// The number that the next version gets.
    public var nextNumber: Int { versions.count + 1 }

    /// A history that begins with the version.
    /// - Throws: ``EditError`` unless it is number 1 and without a parent.
    public init(first version: EditVersion) throws(EditError) {
        try self.init(versions: [version], head: version.id)
    }

    /// A history as it was stored.
    /// - Parameters:
    ///   - versions: all of them, in any order.
    ///   - head: the one that is heard.
    ///   - redoStack: what was undone, the last one first to be done again.
    /// - Throws: ``EditError`` unless they are versions of one note with the numbers 1, 2, 3 …, each made from an
    ///   earlier one, and the stack leads on from the head.
    public init(
        versions: [EditVersion], head: EditVersion.ID, redoStack: [EditVersion.ID] = []
    ) throws(EditError) {
        guard versions.count <= Self.maximumVersions else { throw Self.tooMany }
        var known: [EditVersion.ID: EditVersion] = [:]
        for (index, version) in versions.sorted(by: { $0.number < $1.number }).enumerated() {
            let parent = version.parent.flatMap { known[$0] }
            guard version.number == index + 1, parent != nil || (index == 0 && version.parent == nil),
                parent == nil || parent?.note == version.note, known.updateValue(version, forKey: version.id) == nil
            else { throw Self.broken }
        }
        guard let current = known[head] else { throw Self.unknown }
        var tip = head
        for id in redoStack.reversed() {
            guard known[id]?.parent == tip else { throw Self.broken }
            tip = id
        }
        self.versions = known
        self.current = current
        self.redoStack = redoStack
    }

    /// Makes a version of the list from the one that is heard, and has it heard. What was undone can no longer be done
    /// again, but its versions stay.
    /// - Throws: ``EditError`` for an id that is taken, and for too many versions.
    @discardableResult
    public mutating func commit(
        _ list: EditList, as id: EditVersion.ID, name: String? = nil, summary: String, at time: Timestamp,
        by author: Account.ID
    ) throws(EditError) -> EditVersion {
        guard versions.count < Self.maximumVersions else { throw Self.tooMany }
        guard versions[id] == nil else { throw Self.broken }
        let version = EditVersion(
            id: id, note: current.note, number: nextNumber, parent: head, list: list, name: name, summary: summary,
            createdAt: time, author: author)
        versions[id] = version
        current = version
        redoStack = []
        return version
    }

    /// Makes a version that equals an old one, and has it heard.
    /// - Throws: ``EditError`` for an unknown version, an id that is taken, and too many versions.
    @discardableResult
    public mutating func restore(
        _ old: EditVersion.ID, as id: EditVersion.ID, name: String? = nil, summary: String, at time: Timestamp,
        by author: Account.ID
    ) throws(EditError) -> EditVersion {
        guard let version = versions[old] else { throw Self.unknown }
        return try commit(version.list, as: id, name: name, summary: summary, at: time, by: author)
    }

    /// Goes back to the version that the present one was made from.
    /// - Throws: ``EditError`` at the first version.
    @discardableResult
    public mutating func undo() throws(EditError) -> EditVersion {
        guard let parent = current.parent.flatMap({ versions[$0] }) else {
            throw EditError(.nothingToUndo, "This is the first version; there is nothing to undo.")
        }
        redoStack.append(head)
        current = parent
        return parent
    }

    /// Goes to the version that the last undoing left.
    /// - Throws: ``EditError`` where nothing was undone since the last change.
    @discardableResult
    public mutating func redo() throws(EditError) -> EditVersion {
        guard let next = redoStack.last.flatMap({ versions[$0] }) else {
            throw EditError(.nothingToRedo, "Nothing was undone since the last change; there is nothing to redo.")
        }
        redoStack.removeLast()
        current = next
        return next
    }

    private static let unknown = EditError(.version, "There is no such version of this edit; load its versions again.")
    private static let broken = EditError(.version, "The versions of this edit do not fit together; load them again.")
    private static let tooMany = EditError(
        .tooManyVersions, "An edit has at most \(maximumVersions) versions. Export it, and go on with the export.")
}
