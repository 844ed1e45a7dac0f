public import Core
import Crypto
import Foundation

/// One action for many notes.
public struct BatchRequest: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        /// To the trash.
        case delete
        /// To the folder; nil takes the notes out of theirs.
        case move(folder: String?)
        case archive
        case unarchive
        /// Out of the trash.
        case restore
        /// To the stores.
        case replicate
    }

    public let action: Action
    public let notes: NoteSelection

    /// - Throws: ``Core/VoiceNoteError/Code/validationFailed`` for the fields `ids` and `folder`.
    public init(_ action: Action, ids: [String]) throws(VoiceNoteError) {
        var validation = Validation()
        let notes = validation.check("ids") { () throws(InvalidValue) in try NoteSelection(ids) }
        let cleaned = validation.check("folder") { () throws(InvalidValue) in try action.cleaned() }
        try validation.finish()
        guard let notes, let cleaned else { throw VoiceNoteError(.internalError, "Validation is broken.") }
        self.action = cleaned
        self.notes = notes
    }

    /// Tells this request from others under the same idempotency key.
    func digest() throws -> String {
        let parts = ["POST /notes/batch"] + action.words + notes.ids
        return Hexadecimal.encode(SHA256.hash(data: try JSONEncoder().encode(parts)))
    }
}

extension BatchRequest.Action {
    fileprivate func cleaned() throws(InvalidValue) -> Self {
        guard case .move(let folder) = self else { return self }
        // As everywhere, an empty name is no folder.
        guard let folder, !folder.isEmpty else { return .move(folder: nil) }
        return .move(folder: try NoteRules.folder.apply(folder))
    }

    /// Two words, which no other action has.
    fileprivate var words: [String] {
        switch self {
        case .delete: ["delete", ""]
        case .move(let folder): ["move", folder ?? ""]
        case .archive: ["archive", ""]
        case .unarchive: ["unarchive", ""]
        case .restore: ["restore", ""]
        case .replicate: ["replicate", ""]
        }
    }

    /// What the action makes of a note; nil where it changes nothing about the note itself.
    var change: (@Sendable (inout Note) -> Void)? {
        switch self {
        case .delete: { $0.moveToTrash() }
        case .move(let folder): { $0.folder = folder }
        case .archive: { $0.archived = true }
        case .unarchive: { $0.archived = false }
        case .restore: { $0.trashedAt = nil }
        case .replicate: nil
        }
    }
}
