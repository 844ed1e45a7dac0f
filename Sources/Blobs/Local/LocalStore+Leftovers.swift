public import Core
import Glibc

/// What an earlier process left behind, and what a look at every file finds.
extension LocalStore {
    /// A temporary file that nobody goes on with.
    public struct LeftoverFile: Sendable {
        public let path: String
        /// The blob whose name it has too: it was about to become one.
        public let blob: SHA256Hash?
    }

    /// What stands in the folders of temporary files.
    public struct Leftovers: Sendable {
        /// Files that came in one request or were made here: nobody was told of them.
        public var files: [LeftoverFile] = []
        /// Files of uploads.
        public var uploads: [Upload.ID] = []
        /// Names that could not be looked at, and why. They stay.
        public var strange: [String] = []
    }

    /// Looks through the folders of temporary files. Reads those that have a second name.
    public func leftovers() async throws -> Leftovers {
        let folder = folder
        return try await blocking {
            var found = Leftovers()
            for room in [DataFolder.Room.incoming, .temp] {
                for name in try Files.names(in: folder.path(room)) {
                    if room == .incoming, let id = Upload.ID(name) {
                        found.uploads.append(id)
                        continue
                    }
                    do throws(FileError) {
                        if let leftover = try Self.leftover("\(folder.path(room))/\(name)") {
                            found.files.append(leftover)
                        }
                    } catch {
                        found.strange.append("\(error)")
                    }
                }
            }
            return found
        }
    }

    /// The temporary file of an upload that ends without a note; nil when there is none.
    public func leftover(of upload: Upload.ID) async throws -> LeftoverFile? {
        let path = folder.incoming(upload)
        return try await blocking {
            do throws(FileError) {
                return try Self.leftover(path)
            } catch  where error.isMissing {
                return nil
            }
        }
    }

    /// Those of the open uploads whose file has a second name: they were about to become blobs.
    public func linked(among open: Set<Upload.ID>) async throws -> [Upload.ID] {
        let folder = folder
        return try await blocking {
            try Files.names(in: folder.path(.incoming)).compactMap { Upload.ID($0) }.filter { id in
                open.contains(id) && (try? OpenFile.reading(folder.incoming(id)).nameCount()) ?? 1 > 1
            }
        }
    }

    /// Nil for what this program never made.
    private static func leftover(_ path: String) throws(FileError) -> LeftoverFile? {
        let file = try OpenFile.reading(path)
        guard file.isRegular else { return nil }
        return LeftoverFile(path: path, blob: try file.nameCount() > 1 ? digest(of: file).0 : nil)
    }

    /// Removes a temporary file now.
    public func remove(_ leftover: LeftoverFile) async throws {
        try await blocking { _ = try Files.remove(leftover.path) }
    }

    /// Hands over the digests of the files in each blob folder. Other names are passed over.
    public func eachFolder(_ body: ([SHA256Hash]) async throws -> Void) async throws {
        let folder = folder.path(.blobs)
        for shard in try await blocking({ try Files.names(in: folder) }).sorted() {
            // Whatever else lies there is none of this program's folders.
            guard shard.count == 2 else { continue }
            let names = try await blocking { try Files.names(in: "\(folder)/\(shard)") }
            try await body(names.compactMap { SHA256Hash($0) })
        }
    }

    /// What a look at a blob's file found.
    public enum Examination: Sendable, Hashable {
        case good
        case damaged
        case missing
    }

    /// Reads the blob's file, all of it.
    public func examine(_ sha256: SHA256Hash) async throws -> Examination {
        let path = folder.blob(sha256)
        return try await blocking {
            do throws(FileError) {
                return try Self.digest(of: try OpenFile.reading(path)).0 == sha256 ? .good : .damaged
            } catch  where error.isMissing {
                return .missing
            } catch  where error.number == EIO {
                // The disk gives other bytes up, too.
                return .damaged
            }
        }
    }

    /// Those of the blobs that have no file.
    public func missing(of blobs: [SHA256Hash]) async throws -> [SHA256Hash] {
        try await blocking { blobs.filter { !self.isPresent($0) } }
    }
}
