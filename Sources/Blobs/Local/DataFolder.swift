public import Core
import Foundation
import Glibc

/// The folder that holds everything: where each kind of file lives, and that it can be written to.
public struct DataFolder: Sendable, Hashable {
    /// Absolute.
    public let root: String

    /// The rooms of the folder.
    public enum Room: String, Sendable, CaseIterable {
        /// Blobs by digest: `blobs/ab/<sha256>`, in 256 folders.
        case blobs
        /// Uploads that are not complete.
        case incoming
        /// Small recordings that came alone, until they are synced in their place.
        case journal
        /// Local copies that were removed a short while ago.
        case quarantine
        case exports
        /// Files that nobody misses after a restart.
        case temp
        /// Copies of the database from before migrations.
        case backup
        /// The database.
        case db
    }

    /// - Parameter path: relative to the working directory or absolute; `~` is not expanded.
    /// - Throws: ``InvalidValue`` for an empty path, one with a NUL or one that climbs with `..`.
    public init(path: String) throws(InvalidValue) {
        guard !path.isEmpty, !path.contains("\0"), path.utf8.count <= 1024 else {
            throw InvalidValue("the data folder's path may not be empty or longer than 1024 bytes")
        }
        guard !path.split(separator: "/").contains("..") else {
            throw InvalidValue("the data folder's path may not contain \"..\"")
        }
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        root = absolute.count > 1 && absolute.hasSuffix("/") ? String(absolute.dropLast()) : absolute
    }

    /// The path of a room.
    public func path(_ room: Room) -> String { "\(root)/\(room.rawValue)" }

    /// The database's file.
    public var database: String { path(.db) + "/voicenote.sqlite" }

    /// The path of a blob.
    public func blob(_ sha256: SHA256Hash) -> String {
        "\(blobFolder(of: sha256))/\(sha256)"
    }

    /// The path of the bytes of an upload that is not complete.
    public func incoming(_ upload: Upload.ID) -> String { "\(path(.incoming))/\(upload)" }

    /// The folder that the blob is in.
    func blobFolder(of sha256: SHA256Hash) -> String { "\(path(.blobs))/\(sha256.description.prefix(2))" }

    /// Makes what is missing of the folder, for this user only, and proves that each room can be written to. The folders
    /// of the blobs are made here, once, so that no upload has to make and sync one.
    public func prepare() throws(FileError) {
        try makeRoot()
        for room in Room.allCases {
            try Files.makeFolder(path(room))
            try probe(room)
        }
        for byte in UInt8.min...UInt8.max { try Files.makeFolder("\(path(.blobs))/\(Hexadecimal.encode([byte]))") }
        try OpenFile.folder(path(.blobs)).sync()
        try OpenFile.folder(root).sync()
    }

    /// Writes, syncs and removes a small file in the room.
    public func probe(_ room: Room) throws(FileError) {
        let path = "\(path(room))/.probe-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let file = try OpenFile.creating(path)
        do {
            var byte: UInt8 = 0
            try withUnsafeBytes(of: &byte) { (bytes) throws(FileError) in try file.write(bytes, at: 0) }
            try file.syncData()
        } catch {
            unlink(path)
            throw error
        }
        try Files.remove(path)
    }

    /// Bytes free for this user, and bytes in all, on the folder's disk.
    public func space() throws(FileError) -> (free: Int64, total: Int64) {
        try Files.space(at: root)
    }

    private func makeRoot() throws(FileError) {
        var path = ""
        for component in root.split(separator: "/") {
            let parent = path.isEmpty ? "/" : path
            path += "/\(component)"
            // Whatever is kept in a folder lasts no longer than the folder's own name.
            if !Files.exists(path), try Files.makeFolder(path) { try OpenFile.folder(parent).sync() }
        }
        try Files.makeFolder(root)
    }
}
