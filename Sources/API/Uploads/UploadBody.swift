import Core

/// An upload as the API shows it.
struct UploadBody: Encodable, Sendable {
    let id: Upload.ID
    let state: Upload.State
    let live: Bool
    let offset: Int64
    @Nullable var length: Int64?
    let title: String
    @Nullable var fileName: String?
    let mimeType: String
    @Nullable var sha256: SHA256Hash?
    let createdAt: Timestamp
    let updatedAt: Timestamp
    @Nullable var expiresAt: Timestamp?
    @Nullable var noteId: Note.ID?
    @Nullable var receipt: Receipt?

    init(_ upload: Upload, expiresAt: Timestamp?) {
        id = upload.id
        state = upload.state
        live = upload.isLive
        offset = upload.offset
        length = upload.length
        title = upload.draft.title
        fileName = upload.draft.fileName
        mimeType = upload.draft.mimeType
        sha256 = upload.draft.announced
        createdAt = upload.createdAt
        updatedAt = upload.updatedAt
        self.expiresAt = expiresAt
        noteId = upload.note
        receipt = upload.receipt
    }
}
