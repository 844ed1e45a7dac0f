import Blobs
import Core
import Foundation
import Glibc

/// Where recordings are kept while they are being made. The calls block.
struct RecordingFolder: Sendable, Hashable {
    private static let name = "recordings-in-progress"

    let path: String

    init(path: String) {
        self.path = path
    }

    /// Inside the data folder, for recordings that stay there.
    static func data(_ settings: Settings) throws -> RecordingFolder {
        do throws(InvalidValue) {
            let root = try DataFolder(path: settings.data.folder).root
            return RecordingFolder(path: "\(root)/\(name)")
        } catch {
            throw CommandFailure("data.folder: \(error.message)")
        }
    }

    /// In the person's own state folder (XDG base directories), for recordings that go to a server or a file.
    static func state(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> RecordingFolder {
        // A relative one does not count, says the specification.
        let named = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let base = named ?? "\(environment["HOME"] ?? NSHomeDirectory())/.local/state"
        return RecordingFolder(path: "\(base)/voicenote/\(name)")
    }

    /// Makes the folder, for this user only. It, and those above it that were missing, are on disk when this returns.
    func prepare() throws {
        do {
            let places = ancestors
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for place in places { try OpenFile.folder(place).sync() }
        } catch {
            throw CommandFailure("Recordings cannot be kept in \(path): \(error)")
        }
    }

    /// The folder, those above it that are not there yet, and the one that is.
    private var ancestors: [String] {
        var places = [path]
        var place = path
        repeat {
            place = URL(fileURLWithPath: place).deletingLastPathComponent().path
            places.append(place)
        } while access(place, F_OK) != 0
        return places
    }

    /// Bytes free for this user on the folder's disk.
    func freeBytes() throws -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileError("statvfs", path, number: errno) }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    /// Recordings whose process is gone, oldest first, and what is wrong with records that cannot be read. Nothing
    /// where there is no such folder. Each is locked while it is held.
    func leftOvers() -> (found: [RecordingOnDisk], problems: [String]) {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return ([], []) }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            return ([], ["\(path) cannot be read; look whose it is."])
        }
        var found: [RecordingOnDisk] = []
        var problems: [String] = []
        // The ids are in the order of time.
        for name in names.sorted() where name.hasSuffix(RecordingInProgress.recordEnding) {
            do {
                if case .leftOver(let recording) = try RecordingOnDisk.find(name, in: path) { found.append(recording) }
            } catch {
                problems.append("\(path)/\(name) cannot be read: \(String(describing: error).firstLine)")
            }
        }
        return (found, problems)
    }
}
