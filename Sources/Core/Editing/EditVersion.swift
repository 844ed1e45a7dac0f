/// One state of the edit of a note. It never changes: a change makes another version.
public struct EditVersion: Sendable, Hashable {
    public typealias ID = Identifier<EditVersion>

    /// What a name may be.
    public static let nameRule = TextRule("name", characters: 1...100)

    public let id: ID
    public let note: Note.ID
    /// 1 for the first version of a note, and one more for each that follows, whatever it was made from.
    public let number: Int
    /// The version that it was made from; nil for the first one.
    public let parent: ID?
    public let list: EditList
    /// What the person calls it; nil for most.
    public let name: String?
    /// What was changed, in words for a person.
    public let summary: String
    public let createdAt: Timestamp
    public let author: Account.ID

    public init(
        id: ID, note: Note.ID, number: Int, parent: ID?, list: EditList, name: String? = nil, summary: String,
        createdAt: Timestamp, author: Account.ID
    ) {
        self.id = id
        self.note = note
        self.number = number
        self.parent = parent
        self.list = list
        self.name = name
        self.summary = summary
        self.createdAt = createdAt
        self.author = author
    }
}
