public import Blobs
public import Core

/// Refuses what would fill the disk, before it does.
public struct FreeSpace: Sendable {
    private let folder: DataFolder
    private let limits: Settings.Limits

    public init(folder: DataFolder, limits: Settings.Limits) {
        self.folder = folder
        self.limits = limits
    }

    /// - Throws: ``VoiceNoteError/Code/storageFull`` when fewer than the minimum would stay free after `bytes` more.
    public func require(_ bytes: Int64) throws {
        guard limits.diskCheck else { return }
        let free = try folder.space().free
        guard free - bytes >= limits.minimumFree else { throw Ingest.storageFull }
    }
}
