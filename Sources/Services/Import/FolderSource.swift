import Glibc

/// The audio files of a folder and of all folders below it. The folders become folders of the notes.
public struct FolderSource: ImportSource {
    /// Absolute, without links.
    private let root: String
    private let endings: Set<String>
    private let excluded: String?

    /// - Parameters:
    ///   - root: absolute, without links.
    ///   - endings: of the names of audio files, in lower case.
    ///   - excluded: a folder that is not looked into: the own data folder.
    public init(_ root: String, endings: Set<String>, excluding excluded: String? = nil) {
        self.root = root
        self.endings = endings
        self.excluded = excluded
    }

    static let scheme = "folder:"

    public var identity: String { Self.scheme + root }

    public func contents() throws -> ImportListing {
        let walk = FolderWalk(root, endings: endings, excluding: excluded)
        var listing = ImportListing(findings: walk.findings)
        listing.items = walk.files.map { relative in
            let parts = relative.split(separator: "/")
            return ImportItem(
                key: relative, path: "\(root)/\(relative)", fileName: String(parts.last ?? ""),
                folder: parts.count > 1 ? parts.dropLast().joined(separator: "/") : nil)
        }
        if walk.others > 0 {
            listing.findings.append(
                ImportFinding(.remark, root, "\(walk.others) files that are no audio are left out."))
        }
        if FileIdentity.status(of: "\(root)/app.db")?.kind == S_IFREG {
            listing.findings.append(
                ImportFinding(
                    .remark, root,
                    "There is an app.db in this folder. To keep titles and times of the old recorder, import that file."
                ))
        }
        return listing
    }
}
