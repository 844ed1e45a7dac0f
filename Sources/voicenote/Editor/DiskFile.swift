import Glibc

/// Which file a name stands for on its disk, whatever its other names: links, hard and symbolic, lead to the same one.
struct DiskFile: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
    /// Whether it is a file and no folder, device or pipe.
    let isRegular: Bool
    let isFolder: Bool
    let size: Int64

    /// Nil where there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        size = Int64(status.st_size)
    }

    func isSame(as other: DiskFile) -> Bool { device == other.device && number == other.number }

    /// Whether anything has the name, even a link that leads nowhere.
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
