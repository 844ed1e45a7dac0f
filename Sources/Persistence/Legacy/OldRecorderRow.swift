public import Core

/// A recording as the old recorder's database describes it. Nothing of it is believed: texts are bounded and free of NUL,
/// and what could not be read is nil and remarked upon.
public struct OldRecorderRow: Sendable, Hashable {
    public enum Status: String, Sendable {
        case active, archived, deleted
    }

    /// The primary key, as text.
    public var id: String?
    /// The name that the person knows.
    public var fileName: String?
    /// The name of the file in the recorder's folders, empty where it could not be used; nil in databases from before its
    /// last migration, where ``fileName`` is both.
    public var storedName: String?
    public var title: String?
    public var duration: Duration?
    /// Bytes.
    public var size: Int64?
    /// As it stands there, of whatever kind.
    public var checksum: String?
    public var status = Status.active
    public var createdAt: Timestamp?
    /// What could not be used, a sentence each.
    public var remarks: [String] = []

    /// The name under which its file is looked up.
    public var name: String? { storedName ?? fileName }
}
