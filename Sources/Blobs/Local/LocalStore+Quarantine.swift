public import Core
import Glibc

/// Local copies that are verified elsewhere are set aside before they are deleted.
extension LocalStore {
    /// Moves the blob's file out of its place. Blocks shortly: for the body of the transaction that made sure that the blob
    /// is verified elsewhere. True when there was one.
    public func quarantine(_ sha256: SHA256Hash) throws -> Bool {
        let path = quarantined(sha256)
        do throws(FileError) {
            try Files.rename(folder.blob(sha256), to: path)
        } catch  where error.isMissing {
            return false
        }
        // Its age counts from now on.
        utimensat(AT_FDCWD, path, nil, 0)
        return true
    }

    /// Moves the file back, if it is there and its bytes are right.
    public func restoreFromQuarantine(_ sha256: SHA256Hash) async throws -> Bool {
        let path = quarantined(sha256)
        let isGood = try await blocking {
            do throws(FileError) {
                return try Self.digest(of: try OpenFile.reading(path)).0 == sha256
            } catch  where error.isMissing {
                return false
            }
        }
        guard isGood else { return false }
        // Durably, and without touching a copy that came back in another way meanwhile.
        _ = try await adopt(path)
        _ = try await blocking { try Files.remove(path) }
        return true
    }

    /// What was set aside before the time.
    public func quarantined(before time: Timestamp) async throws -> [SHA256Hash] {
        let folder = folder.path(.quarantine)
        return try await blocking {
            try Files.names(in: folder).compactMap { SHA256Hash($0) }.filter { blob in
                guard let file = try? OpenFile.reading("\(folder)/\(blob)"), let status = try? file.changed() else {
                    return false
                }
                return status < time.milliseconds
            }
        }
    }

    /// Deletes what was set aside.
    public func emptyQuarantine(_ blobs: [SHA256Hash]) async throws {
        let paths = blobs.map { quarantined($0) }
        try await blocking { for path in paths { try Files.remove(path) } }
    }

    func quarantined(_ sha256: SHA256Hash) -> String { "\(folder.path(.quarantine))/\(sha256)" }
}
