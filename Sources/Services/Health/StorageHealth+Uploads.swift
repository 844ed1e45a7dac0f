public import Blobs
import Core
public import Persistence

/// What is under way, what the last start found, and whether rows and files still belong together.
extension StorageHealth {
    /// Looks at the name of every blob; reads none.
    public func checkStore(_ store: LocalStore, _ database: any SQLDatabase) async -> [Check] {
        do {
            let open = try await database.read { try $0.uploads.openTotals() }
            let inventory = BlobInventory(database: database, store: store)
            return [
                Check("uploads", .pass, "\(open.count) open with \(open.bytes) bytes"),
                Self.lastStart(try await Recovery.lastReport(database)),
                try await copies(database),
                Self.missing(try await inventory.missing().map(\.description)),
                Self.orphans(try await inventory.orphans().count),
            ]
        } catch {
            return [Check("uploads", .fail, "\(error)")]
        }
    }

    private static func lastStart(_ report: Recovery.Report?) -> Check {
        guard let report else { return Check("last start", .pass, "there was none yet") }
        var found: [String] = []
        func add(_ count: Int, _ what: String) {
            if count > 0 { found.append("\(count) \(what)") }
        }
        add(report.openUploads, "uploads to go on with")
        add(report.interruptedJobs, "interrupted jobs begun again")
        add(report.removedFiles, "unfinished files removed")
        add(report.removedBlobs, "files without a row removed")
        return Check(
            "last start", .pass,
            "\(report.at): \(found.isEmpty ? "nothing was unfinished" : found.joined(separator: ", "))")
    }

    /// Whether every blob has a verified copy where it can be reached.
    private func copies(_ database: any SQLDatabase) async throws -> Check {
        let configured = [LocalStore.name] + settings.stores.keys.sorted()
        let reachable = try await database.read { try $0.blobs.unproven(in: configured) }
        guard let example = reachable.example else { return Check("copies", .pass, "everything has a verified copy") }
        let (inUse, anywhere) = try await database.read { connection in
            let inUse = try connection.blobs.storesInUse()
            return (inUse, try connection.blobs.unproven(in: Array(Set(configured + inUse)).sorted()))
        }
        if anywhere.count > 0 { return Self.unproven(anywhere) }
        let gone = inUse.filter { !configured.contains($0) }.joined(separator: ", ")
        return Check(
            "copies", .fail,
            "\(reachable.count) files are only in stores that are not configured any more (\(gone)), such as "
                + "\(example). Put the store back into the settings.")
    }

    private static func unproven(_ found: (count: Int64, example: SHA256Hash?)) -> Check {
        let example = found.example.map { ", such as \($0)" } ?? ""
        return Check(
            "copies", .fail,
            "\(found.count) files have no verified copy anywhere\(example). Nothing of them is deleted: restore "
                + "them into blobs/ or a store from a backup, then run voicenote scrub --all.")
    }

    private static func missing(_ blobs: [String]) -> Check {
        guard !blobs.isEmpty else { return Check("blob files", .pass, "every blob has its file") }
        return Check(
            "blob files", .fail,
            "\(blobs.count) blobs have no file, such as \(blobs[0]). Restore them into blobs/ from a backup.")
    }

    private static func orphans(_ count: Int) -> Check {
        count == 0
            ? Check("stray files", .pass, "none")
            : Check(
                "stray files", .warn,
                "\(count) files in blobs/ that no row speaks of: left by a power cut, by uploads under way, or newer than a "
                    + "restored database. Nothing deletes them; \"voicenote add\" takes them in again")
    }
}
