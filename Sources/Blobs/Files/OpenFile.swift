import CLinux
import Glibc

/// An open file; closed when the last reference goes. All calls block: make them on a thread that may.
public final class OpenFile: Sendable {
    public let path: String
    /// Valid for the life of this object.
    public let descriptor: Int32

    private init(path: String, flags: Int32, mode: mode_t = 0o600, operation: String) throws(FileError) {
        var descriptor: Int32
        repeat { descriptor = open(path, flags | O_CLOEXEC, mode) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileError(operation, path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Opens an existing file to read it. Symbolic links are not followed, and a pipe is not waited for.
    public static func reading(_ path: String) throws(FileError) -> OpenFile {
        try OpenFile(path: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, operation: "open")
    }

    /// Makes a new file to write to; it must not exist. Only this user may read it.
    public static func creating(_ path: String) throws(FileError) -> OpenFile {
        try OpenFile(path: path, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, operation: "create")
    }

    /// Opens an existing file to go on writing to it. Symbolic links are not followed.
    static func appending(_ path: String) throws(FileError) -> OpenFile {
        try OpenFile(path: path, flags: O_RDWR | O_NOFOLLOW, operation: "open")
    }

    /// Opens a folder, to make its entries durable.
    public static func folder(_ path: String) throws(FileError) -> OpenFile {
        try OpenFile(path: path, flags: O_RDONLY | O_DIRECTORY, operation: "open folder")
    }

    /// Bytes in the file and its modification time in whole seconds since 1970.
    public func status() throws(FileError) -> (size: Int64, modified: Int64) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
        return (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
    }

    /// When its bytes were last changed, in milliseconds since 1970.
    func changed() throws(FileError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
        return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }

    /// Whether it is a file and no folder or device.
    var isRegular: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// How many names the file has.
    func nameCount() throws(FileError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
        return Int(status.st_nlink)
    }

    /// Which file it is on its disk, whatever its names.
    func isSameFile(as other: OpenFile) -> Bool {
        var (one, two) = (stat(), stat())
        return fstat(descriptor, &one) == 0 && fstat(other.descriptor, &two) == 0 && one.st_ino == two.st_ino
            && one.st_dev == two.st_dev
    }

    /// Cuts the file off.
    func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path) }
    }

    /// Writes all of the bytes from the offset on.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        var done = 0
        while done < bytes.count, let start = bytes.baseAddress {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path)
            }
            guard count > 0 else { throw FileError("write", path, number: EIO) }
            done += count
        }
    }

    /// Lets writes go past the page cache, or through it again. Past it, memory, offsets and lengths must be multiples
    /// of the file system's block. Where the file system cannot, nothing changes.
    func setDirect(_ isDirect: Bool) {
        _ = vn_set_direct(descriptor, isDirect ? 1 : 0)
    }

    /// Reads up to the buffer's size from the offset; 0 at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw FileError("read", path) }
        }
    }

    /// Reads what the system holds in memory of the file, without ever waiting for the disk; nil when that is not all of
    /// the buffer's size. The one call here that does not block.
    public func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
        let count = vn_read_cached(descriptor, buffer.baseAddress, UInt(buffer.count), offset)
        return count == buffer.count ? count : nil
    }

    /// Begins to write the file's dirty pages out, without waiting: a hint that lets later syncs overlap.
    public func startWriteOut() {
        _ = vn_start_write_out(descriptor)
    }

    /// Returns when the file's bytes and its length are on disk.
    public func syncData() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync", path) }
    }

    /// Whether ``syncFileSystem()`` is as good as ``sync()`` on each file here.
    var syncsWholeFileSystem: Bool { vn_syncs_whole_file_system(descriptor) != 0 }

    /// Returns when everything that was written to the whole file system so far, by anybody, is on disk, as if ``sync()``
    /// were called on each of its files and folders. What was not written out before it began may be reported to another
    /// caller: ask each file by ``checkWriteOut()``.
    func syncFileSystem() throws(FileError) {
        guard vn_sync_file_system(descriptor) == 0 else { throw FileError("syncfs", path) }
        // A file system that gave up after an error has nothing to write, and says so by success.
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { throw FileError("statvfs", path) }
        guard status.f_flag & UInt(ST_RDONLY) == 0 else { throw FileError("syncfs", path, number: EROFS) }
    }

    /// Throws when something of the file could not be written since it was opened.
    func checkWriteOut() throws(FileError) {
        guard vn_wait_for_write_out(descriptor) == 0 else { throw FileError("sync_file_range", path) }
    }

    /// Returns when everything about the file, or the entries of a folder, are on disk.
    public func sync() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError("fsync", path) }
    }
}
