import Core
import Glibc

/// Finds the files of a folder tree. Links are not followed and hidden names are passed over; whatever else cannot be
/// taken is told of.
struct FolderWalk {
    /// Paths below the root, in their order.
    private(set) var files: [String] = []
    private(set) var findings: [ImportFinding] = []
    /// Files that are passed over.
    private(set) var others = 0

    private let root: String
    private let endings: Set<String>?
    private let excluded: FileIdentity?
    private var visited: Set<FileIdentity> = []
    /// Folders that are still to be looked into, as paths below the root.
    private var open = [""]
    private static let deepest = 100

    /// Walks through it all.
    /// - Parameters:
    ///   - endings: of the names of the files that are meant, in lower case; nil means all.
    ///   - excluded: a folder that is not looked into.
    init(_ root: String, endings: Set<String>?, excluding excluded: String? = nil) {
        self.root = root
        self.endings = endings
        self.excluded = excluded.flatMap { FileIdentity.status(of: $0)?.identity }
        if let identity = FileIdentity.status(of: root)?.identity { visited.insert(identity) }
        while let folder = open.popLast() { look(into: folder) }
        files.sort()
    }

    private mutating func look(into folder: String) {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let names = names(in: path, folder) else { return }
        for name in names.sorted() where !name.hasPrefix(".") {
            let relative = folder.isEmpty ? name : "\(folder)/\(name)"
            guard let (identity, kind) = FileIdentity.status(of: "\(root)/\(relative)") else {
                findings.append(ImportFinding(.problem, relative, Self.reason(errno)))
                continue
            }
            switch kind {
            case S_IFDIR: enter(relative, identity)
            case S_IFLNK: findings.append(ImportFinding(.remark, relative, "It is a link, and links are not followed."))
            case S_IFREG where isMeant(name): files.append(relative)
            default: others += 1
            }
        }
    }

    private mutating func enter(_ folder: String, _ identity: FileIdentity) {
        guard identity != excluded else { return }
        // A file system that is mounted within itself goes round like a link.
        guard visited.insert(identity).inserted else {
            return findings.append(ImportFinding(.remark, folder, "It is a folder that has another name here, too."))
        }
        guard folder.split(separator: "/").count < Self.deepest else {
            return findings.append(ImportFinding(.problem, folder, "The folders go too deep; import it by itself."))
        }
        open.append(folder)
    }

    /// The names in the folder, but for those that are no UTF-8.
    private mutating func names(in path: String, _ folder: String) -> [String]? {
        let shown = folder.isEmpty ? path : folder
        guard let handle = opendir(path) else {
            findings.append(ImportFinding(.problem, shown, Self.reason(errno)))
            return nil
        }
        defer { closedir(handle) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(handle) else { break }
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if let name = String(validating: bytes, as: UTF8.self) {
                names.append(name)
            } else {
                let shown = "\(shown)/\(String(decoding: bytes, as: UTF8.self))"
                findings.append(ImportFinding(.problem, shown, "Its name is no UTF-8; give it another one."))
            }
        }
        if errno != 0 { findings.append(ImportFinding(.problem, shown, Self.reason(errno))) }
        return names
    }

    private func isMeant(_ name: String) -> Bool {
        guard let endings else { return true }
        return name.lastIndex(of: ".").map { endings.contains(name[$0...].dropFirst().lowercased()) } ?? false
    }

    private static func reason(_ number: Int32) -> String {
        "It cannot be looked at: \(String(cString: strerror(number)))."
    }
}

/// Which file or folder it is, whatever its names.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let number: UInt64

    /// What is there, and of which kind (`S_IFREG`, …) it is; nil where nothing can be seen. A link is one.
    static func status(of path: String) -> (identity: FileIdentity, kind: mode_t)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return (FileIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino)), status.st_mode & S_IFMT)
    }

    private init(device: UInt64, number: UInt64) {
        self.device = device
        self.number = number
    }
}
