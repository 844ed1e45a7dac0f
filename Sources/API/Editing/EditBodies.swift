import Core
import Persistence
import Services

/// What a request asks of an edit: operations, a whole list, or an undo or redo.
struct EditWish: Decodable {
    /// The version that it was made from; nil where the note was never edited.
    let base: EditVersion.ID?
    let name: String?
    private let operations: [EditOperation]?
    private let list: EditList?
    private let action: String?

    private enum Keys: String, CodingKey {
        case base, name, operations, list, action
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        // Whoever forgets it would write over what others did.
        guard values.contains(.base) else {
            throw DecodingError.keyNotFound(
                Keys.base, .init(codingPath: decoder.codingPath, debugDescription: "base is missing"))
        }
        base = try values.decodeIfPresent(EditVersion.ID.self, forKey: .base)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        action = try values.decodeIfPresent(String.self, forKey: .action)
        list = try values.decodeIfPresent(EditList.self, forKey: .list)
        operations = try Self.operations(values)
    }

    /// One after the other, so that not all of a hostile list are read.
    private static func operations(_ values: KeyedDecodingContainer<Keys>) throws -> [EditOperation]? {
        guard values.contains(.operations) else { return nil }
        var items = try values.nestedUnkeyedContainer(forKey: .operations)
        var operations: [EditOperation] = []
        while !items.isAtEnd {
            guard operations.count < Edits.mostOperations else { throw Edits.tooManyOperations }
            operations.append(try items.decode(EditOperation.self))
        }
        return operations
    }

    func change() throws -> Edits.Change {
        switch (operations, list, action) {
        case (let operations?, nil, nil): return .operations(operations)
        case (nil, let list?, nil): return .list(list)
        case (nil, nil, "undo"?): return .undo
        case (nil, nil, "redo"?): return .redo
        default:
            throw VoiceNoteError(
                .validationFailed, "Please correct: operations.",
                fields: [
                    FieldError(
                        field: "operations", message: "Send one of operations, list, and action (undo or redo).")
                ])
        }
    }
}

/// A version, with its list or without.
struct EditVersionBody: Encodable, Sendable {
    let id: EditVersion.ID
    let number: Int
    @Nullable var parent: EditVersion.ID?
    @Nullable var name: String?
    let summary: String
    let createdAt: Timestamp
    var list: EditList?
    /// Samples.
    var length: Int64?

    init(_ version: EditVersion) {
        id = version.id
        number = version.number
        parent = version.parent
        name = version.name
        summary = version.summary
        createdAt = version.createdAt
        list = version.list
        length = version.list.length
    }

    init(_ entry: EditRepository.Entry) {
        id = entry.id
        number = entry.number
        parent = entry.parent
        name = entry.name
        summary = entry.summary
        createdAt = entry.createdAt
    }
}

/// What is heard.
struct EditStateBody: Encodable, Sendable {
    @Nullable var head: EditVersionBody?
    let list: EditList
    /// Samples.
    let length: Int64
    let canUndo: Bool
    let canRedo: Bool
    /// Versions in all.
    let count: Int

    init(_ state: Edits.State) {
        var head = state.head.map { EditVersionBody($0) }
        // It stands beside.
        head?.list = nil
        head?.length = nil
        self.head = head
        list = state.list
        length = state.list.length
        canUndo = state.canUndo
        canRedo = state.canRedo
        count = state.count
    }
}

/// What is heard, and a page of its versions.
struct EditsBody: Encodable, Sendable {
    let edit: EditStateBody
    let versions: [EditVersionBody]
    /// `before` of the next page; null on the last.
    @Nullable var next: Int?

    init(_ state: Edits.State, _ page: [EditRepository.Entry], limit: Int) {
        edit = EditStateBody(state)
        versions = page.map { EditVersionBody($0) }
        next = page.count == limit ? page.last?.number : nil
    }
}

/// A problem (RFC 9457) with both versions.
struct EditConflictBody: Encodable, Sendable {
    var type = "about:blank"
    var title = "Conflict"
    var status = 409
    var detail = "The edit has changed since; take up what it is now, or send your change again from there."
    var code = VoiceNoteError.Code.conflict.rawValue
    let requestId: String
    /// What is heard now.
    @Nullable var head: EditVersionBody?
    /// What the change would have made of the version that it was made from; null where there is no such version.
    @Nullable var yours: EditList?

    init(_ conflict: EditConflict, requestID: String) {
        requestId = requestID
        head = conflict.head.map { EditVersionBody($0) }
        yours = conflict.yours
    }
}
