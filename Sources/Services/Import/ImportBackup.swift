import Blobs
import Core
import Glibc
import Persistence

/// The copy of the database from before an import: the way back when rows cannot be removed one by one.
enum ImportBackup {
    static func path(of id: Import.ID, in folder: DataFolder) -> String {
        "\(folder.path(.backup))/before-import-\(id).sqlite"
    }

    /// Makes the copy, proves that it is sound, and puts it on disk.
    static func make(_ path: String, of database: any SQLDatabase, with store: LocalStore) async throws {
        // An interrupted attempt may have left a part of it.
        try await store.blocking {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                guard unlink(path + suffix) == 0 || errno == ENOENT else {
                    throw FileError("remove", path + suffix, number: errno)
                }
            }
        }
        try await database.backup(to: path)
        let copy = try SQLiteDatabase(path: path, readers: 1)
        let problems = try await copy.integrityProblems()
        try await copy.close()
        guard problems.isEmpty else {
            throw VoiceNoteError(
                .internalError, "The copy of the database is damaged: \(problems.joined(separator: "; ")).")
        }
        let folder = store.folder.path(.backup)
        try await store.blocking {
            try OpenFile.reading(path).sync()
            try OpenFile.folder(folder).sync()
        }
    }

    /// How a person brings the copy back.
    static func advice(_ record: Import, in folder: DataFolder) -> String {
        guard access(record.backup, R_OK) == 0 else {
            return "No copy of the database had been made yet, and nothing was brought in. Run the import again."
        }
        return """
            To go back to the time before it, stop every voicenote on this folder and restore the copy of the database \
            from then. What was recorded since then is not in it.
            \(restoreCommand(record, in: folder))
            """
    }

    static func restoreCommand(_ record: Import, in folder: DataFolder) -> String {
        let database = folder.database
        return "    rm -f \(quoted(database + "-wal")) \(quoted(database + "-shm"))"
            + " && cp \(quoted(record.backup)) \(quoted(database))"
    }

    /// A word for the shell.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
