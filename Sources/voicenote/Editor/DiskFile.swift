import CLinux

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
        var status = vn_file_status()
        guard vn_status(path, 1, &status) == 0 else { return nil }
        device = status.device
        number = status.number
        isRegular = status.is_regular != 0
        isFolder = status.is_folder != 0
        size = status.size
    }

    func isSame(as other: DiskFile) -> Bool { device == other.device && number == other.number }

    /// Whether anything has the name, even a link that leads nowhere.
    static func isTaken(_ path: String) -> Bool {
        var status = vn_file_status()
        return vn_status(path, 0, &status) == 0
    }
}
