public import Blobs
public import Core
public import Persistence

/// Says what an import would do, and why. Stores nothing.
public struct ImportPlanner: Sendable {
    public enum Action: String, Sendable {
        case take = "import"
        case skip
        case leaveOut = "leave out"
    }

    public struct Line: Sendable {
        public let action: Action
        /// Fit for a terminal.
        public let name: String
        public let reason: String
    }

    private let database: any SQLDatabase
    private let store: LocalStore
    private let largestFile: Int64

    /// - Parameter largestFile: bytes of the largest recording that is taken.
    public init(database: any SQLDatabase, store: LocalStore, largestFile: Int64) {
        self.database = database
        self.store = store
        self.largestFile = largestFile
    }

    /// Looks at every item, and reads every file.
    /// - Returns: what is to be said of the source apart from the lines.
    public func plan(
        _ source: any ImportSource, for account: Account.ID, line: (Line) -> Void
    ) async throws -> [ImportFinding] {
        let listing = try await store.blocking { try source.contents() }
        let identity = source.identity
        let interrupted = try await database.read { try $0.imports.interrupted(of: identity, into: account)?.id }
        let sorter = ImportSorter(
            database: database, store: store, largestFile: largestFile, account: account, source: identity,
            record: interrupted)
        // What stands further up would be there by then.
        var taken: [SHA256Hash: String] = [:]
        for item in listing.items {
            line(Self.line(item, try await sorter.decide(item), &taken))
        }
        return listing.findings
    }

    private static func line(
        _ item: ImportItem, _ decision: ImportSorter.Decision, _ taken: inout [SHA256Hash: String]
    ) -> Line {
        let name = ImportText.printable(item.name)
        switch decision {
        case .leaveOut(let reason): return Line(action: .leaveOut, name: name, reason: reason)
        case .isThere(_, _, let reason): return Line(action: .skip, name: name, reason: reason)
        case .take(let digest, let size, _):
            if let earlier = taken[digest] {
                return Line(action: .skip, name: name, reason: "\(earlier) has the same content")
            }
            if item.status != .deleted { taken[digest] = name }
            return Line(action: .take, name: name, reason: reason(item, digest, size))
        }
    }

    private static func reason(_ item: ImportItem, _ digest: SHA256Hash, _ size: Int64) -> String {
        var parts = ["not there yet, \(size) bytes"]
        switch item.status {
        case .active: break
        case .archived: parts.append("becomes archived")
        case .deleted: parts.append("goes to the trash")
        }
        if let noted = item.expected.sha256, noted != digest {
            parts.append("its SHA-256 is \(digest), but the source noted \(noted)")
        }
        parts += item.draft(digest: digest).remarks.map(\.text)
        return parts.joined(separator: "; ")
    }
}
