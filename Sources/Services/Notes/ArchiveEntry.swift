public import Core

/// The audio of one note as it goes into an archive. All of it is known before the file is opened.
public struct ArchiveEntry: Sendable, Hashable {
    public let note: Note.ID
    public let choice: Playback.Choice
    public let blob: Blob
    /// The name that a download of it alone has, too.
    public let fileName: String
    public let recordedAt: Timestamp

    /// - Parameter prefersListen: takes the listen copy where there is one.
    init(_ note: Note, prefersListen: Bool) {
        let listen = prefersListen ? note.recording.rendition(.listen) : nil
        self.note = note.id
        choice = listen == nil ? .source : .listen
        blob = listen?.blob ?? note.recording.blob
        fileName = note.fileName(isSource: listen == nil)
        recordedAt = note.createdAt
    }
}

extension Note {
    /// The name under which a recording is saved: the source keeps its own, all else is named after the note.
    public func fileName(isSource: Bool) -> String {
        if isSource, let name = recording.fileName { return name }
        return fileName(extension: isSource ? recording.report?.container ?? "audio" : "ogg")
    }

    /// The name of a file that is named after the note.
    public func fileName(extension ending: String) -> String {
        let title = title.isEmpty ? "note-\(createdAt.description.prefix(19))" : title
        let reserved = "/\\:*?\"<>|".unicodeScalars
        let clean = String(String.UnicodeScalarView(title.unicodeScalars.map { reserved.contains($0) ? "-" : $0 }))
        return "\(clean).\(ending)"
    }
}
