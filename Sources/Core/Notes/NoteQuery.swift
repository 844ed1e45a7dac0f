import Foundation

/// Which notes a list shows, and from where it goes on.
public struct NoteQuery: Sendable, Hashable {
    /// How many notes a page may hold.
    public static let limits = 1...500

    public var limit: Int
    /// The last note of the page before; nil for the first page.
    public var after: NoteCursor?
    public var folder: String?
    public var tag: String?
    public var archived: Bool
    public var trashed: Bool
    /// The source's digest: then archived notes are found too.
    public var sha256: SHA256Hash?
    /// How far the copies in other stores are.
    public var sync: SyncState?
    /// Only copies in this store count for ``sync``.
    public var store: String?
    public var from: Timestamp?
    public var to: Timestamp?
    /// Words that title, tags or text must hold; the last one may be the beginning of a word.
    public var search: String?

    public init(
        limit: Int = 50, after: NoteCursor? = nil, folder: String? = nil, tag: String? = nil, archived: Bool = false,
        trashed: Bool = false, sha256: SHA256Hash? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
        search: String? = nil
    ) {
        self.limit = limit
        self.after = after
        self.folder = folder
        self.tag = tag
        self.archived = archived
        self.trashed = trashed
        self.sha256 = sha256
        self.from = from
        self.to = to
        self.search = search
    }

    /// The words of a search: letters and digits only, at most sixteen, so that no search syntax gets through.
    public static func words(of search: String) -> [String] {
        search.prefix(200)
            .split { !($0.isLetter || $0.isNumber) }
            .prefix(16)
            .map { $0.precomposedStringWithCanonicalMapping }
    }
}

/// A position in the list: pinned notes come first, then by id, newest first. Opaque to clients.
public struct NoteCursor: Sendable, Hashable, CustomStringConvertible {
    public let pinned: Bool
    public let id: Note.ID

    public init(after note: Note) {
        pinned = note.pinned
        id = note.id
    }

    public init?(_ text: String) {
        guard let mark = text.first, mark == "p" || mark == "n", let id = Note.ID(text.dropFirst()) else { return nil }
        pinned = mark == "p"
        self.id = id
    }

    public var description: String { (pinned ? "p" : "n") + id.description }
}

/// One page of a list.
public struct Page<Item: Sendable, Cursor: Sendable>: Sendable {
    public let items: [Item]
    /// Where the next page begins; nil on the last one.
    public let next: Cursor?

    public init(items: [Item], next: Cursor?) {
        self.items = items
        self.next = next
    }
}

/// A change to a note: what is nil stays as it is.
public struct NotePatch: Sendable, Hashable {
    public var title: String?
    public var text: String?
    public var tags: [String]?
    /// `.some(nil)` takes the note out of its folder.
    public var folder: String??
    public var archived: Bool?
    public var pinned: Bool?

    public init(
        title: String? = nil, text: String? = nil, tags: [String]? = nil, folder: String?? = nil,
        archived: Bool? = nil, pinned: Bool? = nil
    ) {
        self.title = title
        self.text = text
        self.tags = tags
        self.folder = folder
        self.archived = archived
        self.pinned = pinned
    }

    /// The patch with every field cleaned by its rule.
    public func validated() throws(VoiceNoteError) -> NotePatch {
        var validation = Validation()
        var patch = self
        if let title {
            patch.title = validation.check("title") { () throws(InvalidValue) in try NoteRules.title.apply(title) }
        }
        if let text {
            patch.text = validation.check("text") { () throws(InvalidValue) in try NoteRules.text.apply(text) }
        }
        if let tags { patch.tags = validation.check("tags") { () throws(InvalidValue) in try NoteRules.tags(tags) } }
        if case .some(.some(let folder)) = folder {
            patch.folder =
                folder.isEmpty
                ? .some(nil)
                : validation.check("folder") { () throws(InvalidValue) in try NoteRules.folder.apply(folder) }
        }
        try validation.finish()
        return patch
    }
}
