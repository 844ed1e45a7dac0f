/// A file that is to go into a ZIP archive.
public struct ZipFile: Sendable, Hashable {
    /// The name that is wished for; the archive's own may differ (see ``ZipNames``).
    public let name: String
    /// Bytes, as many as will come.
    public let size: Int64
    public let modifiedAt: Timestamp

    public init(name: String, size: Int64, modifiedAt: Timestamp) {
        precondition(size >= 0, "a file has no negative size")
        self.name = name
        self.size = size
        self.modifiedAt = modifiedAt
    }
}
