import Core
import Persistence

/// The old recorder: its database `app.db`, and its files in the folders `recordings/raw` and `recordings/edited`.
public struct OldRecorderSource: ImportSource {
    /// Absolute, without links.
    private let database: String
    private let temporary: String
    private let folders: OldRecorderFolders

    /// - Parameters:
    ///   - database: absolute, without links.
    ///   - files: the folder with `raw` and `edited`, where it is not `recordings` beside the database.
    ///   - temporary: where a copy of the database may be for a while.
    public init(_ database: String, files: String? = nil, temporary: String) {
        self.database = database
        self.temporary = temporary
        let beside = database.lastIndex(of: "/").map { String(database[..<$0]) } ?? "."
        folders = OldRecorderFolders(files.map { [$0, "\($0)/recordings"] } ?? ["\(beside)/recordings"])
    }

    static let scheme = "old-recorder:"

    public var identity: String { Self.scheme + database }

    public func contents() throws -> ImportListing {
        var listing = ImportListing()
        var keys: Set<String> = []
        var used: Set<String> = []
        for (number, row) in try OldRecorderDatabase(path: database, temporary: temporary).rows().enumerated() {
            let key = row.id.map { "recording \($0)" } ?? ""
            let name = key.isEmpty ? "row \(number + 1)" : Self.shown(key, row)
            listing.findings += row.remarks.map { ImportFinding(.remark, name, $0) }
            guard !key.isEmpty, keys.insert(key).inserted else {
                listing.findings.append(ImportFinding(.problem, name, "It has no id of its own."))
                continue
            }
            do {
                let (file, remarks) = try folders.file(of: row)
                used.insert(file.path)
                listing.findings += remarks.map { ImportFinding(.remark, name, $0) }
                listing.items.append(Self.item(key, row, file, &listing.findings))
            } catch {
                listing.findings.append(ImportFinding(.problem, name, error.reason))
            }
        }
        listing.findings += folders.strays(besides: used).map {
            ImportFinding(.remark, $0, "No recording of the database has this file. Import its folder to take it, too.")
        }
        return listing
    }

    private static func item(
        _ key: String, _ row: OldRecorderRow, _ file: OldRecorderFolders.File, _ findings: inout [ImportFinding]
    ) -> ImportItem {
        if row.checksum != nil, row.sha256 == nil {
            findings.append(
                ImportFinding(.remark, shown(key, row), "Its checksum is no SHA-256 and was not compared."))
        }
        let status: ImportItem.Status =
            switch row.status {
            case .active: .active
            case .archived: .archived
            case .deleted: .deleted
            }
        return ImportItem(
            key: key, name: shown(key, row), path: file.path, fileName: row.fileName ?? file.name, title: row.title,
            createdAt: row.createdAt, tags: file.isEdited ? ["edited"] : [], status: status,
            expected: ImportItem.Expected(sha256: row.sha256, size: row.size, duration: row.duration))
    }

    /// What a person knows it by.
    private static func shown(_ key: String, _ row: OldRecorderRow) -> String {
        (row.name == "" ? row.fileName : row.name).map { "\(key) (\($0))" } ?? key
    }
}
