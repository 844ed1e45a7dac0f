import Glibc

/// An output as an open descriptor, written from its start to its end. The descriptor stays the caller's.
final class OutputFile {
    private let descriptor: Int32
    private(set) var byteCount: Int64 = 0
    /// Why a write failed, 0 when none did.
    private(set) var writeErrno: Int32 = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes all bytes; answers whether that worked.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard writeErrno == 0 else { return false }
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(byteCount))
            if written < 0 {
                if errno == EINTR { continue }
                writeErrno = errno
                return false
            }
            done += written
            byteCount += Int64(written)
        }
        return true
    }

    /// Replaces bytes that were written before.
    func overwrite(_ bytes: [UInt8], at offset: Int64) throws(MediaError) {
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else { throw .outputFailed(errno: written < 0 ? errno : EIO) }
    }

    func check() throws(MediaError) {
        if writeErrno != 0 { throw .outputFailed(errno: writeErrno) }
    }
}
