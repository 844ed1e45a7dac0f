public import Core

/// Where recordings come from: a folder of files, the old recorder, …
///
/// Nothing there is ever changed. Calls block: make them on a thread that may.
public protocol ImportSource: Sendable {
    /// Names the source, the same each time: an interrupted import is found again by it.
    var identity: String { get }

    /// Looks through the source, without reading the recordings.
    func contents() throws -> ImportListing
}

/// What a source holds.
public struct ImportListing: Sendable {
    /// In the order in which they are brought in; no two with the same key.
    public var items: [ImportItem] = []
    /// What was found but is no item, such as a row without a file.
    public var findings: [ImportFinding] = []

    public init(items: [ImportItem] = [], findings: [ImportFinding] = []) {
        self.items = items
        self.findings = findings
    }
}

/// One recording of a source.
public struct ImportItem: Sendable, Hashable {
    public enum Status: String, Sendable {
        case active, archived
        /// Its note goes to the trash.
        case deleted
    }

    /// What the source knows of the recording. Nil where it knows nothing.
    public struct Expected: Sendable, Hashable {
        public var sha256: SHA256Hash?
        /// Bytes.
        public var size: Int64?
        public var duration: Duration?

        public init(sha256: SHA256Hash? = nil, size: Int64? = nil, duration: Duration? = nil) {
            self.sha256 = sha256
            self.size = size
            self.duration = duration
        }
    }

    /// What it is called in its source, where nothing else is called so.
    public let key: String
    /// What a person knows it by.
    public let name: String
    public let path: String
    /// The name that the person knows the file by.
    public let fileName: String
    /// As the source has it; without one, the file's name becomes the title.
    public let title: String?
    /// When it was recorded; nil takes the file's time.
    public let createdAt: Timestamp?
    public let folder: String?
    public let tags: [String]
    public let status: Status
    public let expected: Expected

    public init(
        key: String, name: String? = nil, path: String, fileName: String, title: String? = nil,
        createdAt: Timestamp? = nil,
        folder: String? = nil, tags: [String] = [], status: Status = .active, expected: Expected = Expected()
    ) {
        self.key = key
        self.name = name ?? key
        self.path = path
        self.fileName = fileName
        self.title = title
        self.createdAt = createdAt
        self.folder = folder
        self.tags = tags
        self.status = status
        self.expected = expected
    }
}

/// Something that a person should know about one recording, or one file.
public struct ImportFinding: Sendable, Hashable, CustomStringConvertible {
    public enum Weight: Sendable {
        /// Everything is there, though not all as it was.
        case remark
        /// Something is missing or is not what it should be.
        case problem
    }

    public let weight: Weight
    /// What it is about, fit for a terminal.
    public let name: String
    /// A sentence.
    public let text: String

    init(_ weight: Weight, _ name: String, _ text: String) {
        self.weight = weight
        self.name = ImportText.printable(name)
        self.text = text
    }

    public var description: String { "\(name): \(text)" }
}
