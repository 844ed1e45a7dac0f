import NIOCore
public import Blobs
public import Core
import Foundation

/// Tells what a person means by a path: a folder of recordings, or the old recorder's database.
public struct ImportSources: Sendable {
    private let folder: DataFolder
    private let endings: Set<String>

    /// - Parameter endings: of the names of audio files, in lower case.
    public init(folder: DataFolder, endings: Set<String>) {
        self.folder = folder
        self.endings = endings
    }

    /// The source at the path.
    /// - Parameter files: where the old recorder's files are, if not beside its database.
    /// - Throws: ``InvalidValue`` that says what is wrong with the path. Blocks shortly.
    public func source(at path: String, files: String?) throws(InvalidValue) -> any ImportSource {
        let place = try Self.realPath(path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else { throw Self.missing(path) }
        if isFolder.boolValue {
            guard files == nil else { throw InvalidValue("--files goes with the old recorder's database only.") }
            let own = (try? Self.realPath(folder.root)) ?? folder.root
            guard place != own, !place.hasPrefix(own + "/") else {
                throw InvalidValue("\(path) is VoiceNote's own data folder; what is there needs no import.")
            }
            return FolderSource(place, endings: endings, excluding: own)
        }
        guard Self.isDatabase(place) else {
            throw InvalidValue(
                "\(path) is neither a folder nor the old recorder's database. For a single file: voicenote add FILE.")
        }
        let files = try files.map(Self.realPath)
        return OldRecorderSource(place, files: files, temporary: folder.path(.temp))
    }

    /// The source of an earlier import.
    public func source(of record: Import, files: String?) throws(InvalidValue) -> any ImportSource {
        let path = record.source.drop { $0 != ":" }.dropFirst()
        let source = try source(at: String(path), files: files)
        guard source.identity == record.source else { throw Self.missing(String(path)) }
        return source
    }

    private static func realPath(_ path: String) throws(InvalidValue) -> String {
        guard !path.utf8.contains(0), let real = realpath(path, nil) else { throw missing(path) }
        defer { free(real) }
        guard let text = String(validatingCString: real) else {
            throw InvalidValue("\(path) has a name that is no UTF-8; give it another one.")
        }
        return text
    }

    private static func missing(_ path: String) -> InvalidValue {
        InvalidValue("There is no \(ImportText.printable(path)), or it may not be read.")
    }

    /// Whether it begins as each SQLite database does.
    private static func isDatabase(_ path: String) -> Bool {
        guard let file = try? SourceFile(path), let piece = try? file.piece(at: 0) else { return false }
        return piece.readableBytesView.starts(with: Array("SQLite format 3\0".utf8))
    }
}
