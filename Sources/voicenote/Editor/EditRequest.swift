import Core

/// What is edited.
enum EditSubject: Hashable, Sendable {
    /// A note of a server, by its id.
    case note(String)
    /// A file of this machine.
    case file(String)

    /// A path wins where it has a slash or exists; anything else is a note's id.
    init(_ text: String) throws {
        if text.contains("/") || DiskFile.isTaken(text) {
            self = .file(text)
        } else if Note.ID(text) != nil {
            self = .note(text)
        } else {
            throw CommandFailure(
                "There is no file \(text) here, and it is no note's id; \"voicenote list\" shows the ids of notes.")
        }
    }
}

/// Everything that one call of `voicenote edit` asks for.
struct EditRequest: Sendable {
    /// A step through the versions of a note.
    enum History: Hashable, Sendable {
        case undo
        case redo
        /// A version's number or id.
        case restore(String)
    }

    /// In the order of the command line.
    var steps: [EditStep] = []
    var history: History?
    /// What the version that is heard then is called.
    var name: String?
    var showsVersions = false
    var export: ExportTarget?
    var list: ListTarget?
    /// Says what would be done, and writes and changes nothing.
    var isDryRun = false
    /// Whether files that are there give way.
    var replaces = false

    /// Whether the edit is only to be shown.
    var onlyLooks: Bool { steps.isEmpty && history == nil && name == nil && export == nil && list == nil }

    /// The places of the files that are asked for, checked before anything is done.
    /// - Parameter sources: files that must not be replaced.
    func outputs(besides sources: [String]) throws -> EditOutputs {
        EditOutputs(
            export: try export.map { try PendingFile($0.path, replacing: replaces, sources: sources) },
            list: try list.map { try PendingFile($0.path, replacing: replaces, sources: sources) })
    }
}

/// The files that an edit is written to.
struct EditOutputs: Sendable {
    let export: PendingFile?
    let list: PendingFile?
}
