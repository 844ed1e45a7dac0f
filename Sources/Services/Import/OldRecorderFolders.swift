import Core
import Glibc
import Persistence

/// The folders in which the old recorder kept its files.
struct OldRecorderFolders: Sendable {
    struct File: Hashable {
        let path: String
        let name: String
        let isEdited: Bool
    }

    private struct Folder: Sendable {
        let path: String
        let isEdited: Bool
    }

    private let folders: [Folder]

    /// - Parameter roots: folders with `raw` and `edited` in them.
    init(_ roots: [String]) {
        folders = roots.flatMap { root in
            [
                Folder(path: "\(root)/raw", isEdited: false), Folder(path: "\(root)/edited", isEdited: true),
                Folder(path: root, isEdited: false),
            ]
        }
    }

    /// The recording's file, and what is remarkable about it.
    func file(of row: OldRecorderRow) throws(SourceFileError) -> (file: File, remarks: [String]) {
        guard let name = row.name else { throw SourceFileError("It has no name of a file.") }
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")), name.utf8.count <= 255
        else {
            throw SourceFileError("\"\(ImportText.printable(name))\" is no name of a file.")
        }
        let found = folders.compactMap { folder -> File? in
            let path = "\(folder.path)/\(name)"
            return FileIdentity.status(of: path) == nil ? nil : File(path: path, name: name, isEdited: folder.isEdited)
        }
        guard let first = found.first else {
            throw SourceFileError("Its file \(ImportText.printable(name)) is missing.")
        }
        guard found.count > 1 else { return (first, []) }
        let chosen = Self.fitting(found, row) ?? first
        let others = found.filter { $0 != chosen }.map { ImportText.printable($0.path) }.joined(separator: ", ")
        return (chosen, ["There is another file of its name: \(others)."])
    }

    /// Of several files of the same name, the one that is what the row says: a raw recording and its edited copy may be
    /// called the same.
    private static func fitting(_ files: [File], _ row: OldRecorderRow) -> File? {
        if let sha256 = row.sha256, let file = files.first(where: { SourceFile.holds(sha256, at: $0.path) }) {
            return file
        }
        guard let size = row.size else { return nil }
        return files.first { (try? SourceFile($0.path))?.size == size }
    }

    /// Files in `raw` and `edited` that are not among those.
    func strays(besides used: Set<String>) -> [String] {
        folders.filter { $0.path.hasSuffix("/raw") || $0.path.hasSuffix("/edited") }.flatMap { folder -> [String] in
            guard FileIdentity.status(of: folder.path)?.kind == S_IFDIR else { return [] }
            return FolderWalk(folder.path, endings: nil).files.map { "\(folder.path)/\($0)" }
                .filter { !used.contains($0) }
        }
    }
}

extension OldRecorderRow {
    /// The checksum, where it is a SHA-256.
    var sha256: SHA256Hash? {
        checksum.flatMap { SHA256Hash($0.hasPrefix("sha256:") ? $0.dropFirst(7) : $0[...]) }
    }
}
