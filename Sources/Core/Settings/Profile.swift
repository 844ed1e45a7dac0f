/// The environment a system runs in, with the defaults that differ between them.
public enum Profile: String, Sendable, CaseIterable {
    case development
    case testing
    case production

    /// The data folder, relative to the working directory, unless one is configured.
    public var dataFolder: String {
        switch self {
        case .development: "recordings_dev"
        case .testing: "recordings_test"
        case .production: "recordings"
        }
    }

    /// Megabytes (10^6 bytes) that must stay free on the disk.
    public var minimumFreeMB: Int {
        switch self {
        case .development: 50
        case .testing: 10
        case .production: 500
        }
    }

    /// Whether uploads are refused before the disk is full.
    public var diskCheck: Bool { self != .testing }

    /// Megabytes (10^6 bytes) of the largest recording.
    public var largestFileMB: Int {
        switch self {
        case .development: 500
        case .testing: 100
        case .production: 2000
        }
    }

    /// Whether the database is copied before a migration changes it.
    public var backupBeforeMigration: Bool { self == .production }

    /// Whether a compressed copy for listening is made.
    public var listenCopy: Bool { self != .development }

    /// Days that a note stays in the trash.
    public var trashRetentionDays: Int {
        switch self {
        case .development: 30
        case .testing: 7
        case .production: 365
        }
    }
}
