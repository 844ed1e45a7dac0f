import Glibc

/// What is done to names of files, as the system calls do it.
enum Files {
    /// Makes the folder; false when it was there.
    @discardableResult
    static func makeFolder(_ path: String) throws(FileError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw FileError("make folder", path) }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw FileError("make folder", path, number: ENOTDIR)
        }
        return false
    }

    /// Gives the file a second name; false when that name is taken.
    static func link(_ from: String, to path: String) throws(FileError) -> Bool {
        if Glibc.link(from, path) == 0 { return true }
        guard errno == EEXIST else { throw FileError("link", path) }
        return false
    }

    /// Gives the file the other name, in place of what had it.
    static func rename(_ from: String, to path: String) throws(FileError) {
        guard Glibc.rename(from, path) == 0 else { throw FileError("rename", path) }
    }

    /// Removes the name; false when there was none.
    @discardableResult
    static func remove(_ path: String) throws(FileError) -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw FileError("remove", path) }
        return false
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The names in a folder, without `.` and `..`.
    static func names(in path: String) throws(FileError) -> [String] {
        guard let folder = opendir(path) else { throw FileError("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes free for this user, and bytes in all, on the disk that holds the path.
    static func space(at path: String) throws(FileError) -> (free: Int64, total: Int64) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileError("statvfs", path) }
        let block = Int64(status.f_frsize)
        return (Int64(status.f_bavail) * block, Int64(status.f_blocks) * block)
    }
}
