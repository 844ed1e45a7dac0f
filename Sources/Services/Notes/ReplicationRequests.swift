public import Core

/// Whoever brings recordings to the stores, as seen by who may ask for it.
public protocol ReplicationRequests: Sendable {
    /// Asks for copies of what the note's recording consists of, in every store where the policy wants one, also where
    /// that was given up or taken back before. Returns when the wish is on disk, not when the copies are there; twice is
    /// as good as once.
    /// - Throws: ``Core/VoiceNoteError`` with what the person is to be told.
    func replicate(_ note: Note) async throws
}
