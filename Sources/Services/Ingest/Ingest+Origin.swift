import Core

extension Ingest {
    /// Where a recording comes from that was made elsewhere, and what was known of it there. Only an import says so; the
    /// note's row and that of its item are made in one transaction.
    struct Origin: Sendable {
        let importID: Import.ID
        /// The item's key in its source.
        let item: String
        /// When it was recorded: the time of the note.
        let recordedAt: Timestamp
        let isArchived: Bool
        /// It is in the trash, from now on for as long as anything there.
        let isTrashed: Bool
    }
}
