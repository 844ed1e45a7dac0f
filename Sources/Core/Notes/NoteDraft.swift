/// What a client says about the recording that it sends.
public struct NoteDraft: Sendable, Equatable {
    public var title: String
    public var tags: [String]
    public var folder: String?
    public var fileName: String?
    /// As declared; analysis corrects it.
    public var mimeType: String
    /// The digest that the bytes must have, where the client announced one.
    public var announced: SHA256Hash?

    public init(
        title: String = "", tags: [String] = [], folder: String? = nil, fileName: String? = nil, mimeType: String,
        announced: SHA256Hash? = nil
    ) {
        self.title = title
        self.tags = tags
        self.folder = folder
        self.fileName = fileName
        self.mimeType = mimeType
        self.announced = announced
    }

    /// The draft with every field cleaned; without a title, the file's name becomes it.
    public func validated() throws(VoiceNoteError) -> NoteDraft {
        var validation = Validation()
        var clean = self
        clean.fileName = fileName.flatMap(NoteRules.fileName)
        let title = title.isEmpty ? clean.fileName.map(NoteRules.title(fromFileName:)) ?? "" : title
        clean.title = validation.check("title") { () throws(InvalidValue) in try NoteRules.title.apply(title) } ?? ""
        clean.tags = validation.check("tags") { () throws(InvalidValue) in try NoteRules.tags(tags) } ?? []
        if let folder {
            clean.folder =
                folder.isEmpty
                ? nil : validation.check("folder") { () throws(InvalidValue) in try NoteRules.folder.apply(folder) }
        }
        try validation.finish()
        return clean
    }
}

/// What is on disk, after the sync: the client compares it with what it sent.
public struct Receipt: Sendable, Hashable, Codable {
    public let sha256: SHA256Hash
    /// Bytes.
    public let size: Int64

    public init(sha256: SHA256Hash, size: Int64) {
        self.sha256 = sha256
        self.size = size
    }
}
