import CLibAV
import Glibc

/// The recording as libav reads it: by position from an open descriptor, so that no name is ever opened.
///
/// Used from one thread. The descriptor stays the caller's.
final class InputFile {
    let descriptor: Int32
    let size: Int64
    private(set) var context: UnsafeMutablePointer<AVIOContext>
    /// Why the last read failed, 0 when none did.
    private(set) var readErrno: Int32 = 0
    private var position: Int64 = 0

    private static let bufferBytes: Int32 = 64 * 1_024

    init(descriptor: Int32) throws(MediaError) {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw .inputUnreadable(errno: errno) }
        guard end > 0 else { throw .empty }
        self.descriptor = descriptor
        size = Int64(end)
        // Two steps, because the callbacks need `self`.
        guard let context = vn_avio_reader(Self.bufferBytes, nil, Self.read, Self.seek) else { throw .outOfMemory }
        self.context = context
        context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.seekable = AVIO_SEEKABLE_NORMAL
    }

    deinit {
        vn_avio_free(context)
    }

    /// The first bytes of the file, fewer where it is shorter.
    func head(_ count: Int) throws(MediaError) -> [UInt8] {
        try bytes(at: 0, count: count)
    }

    func bytes(at offset: Int64, count: Int) throws(MediaError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard got >= 0 else { throw .inputUnreadable(errno: errno) }
        return Array(bytes.prefix(got))
    }

    private static let read: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int32) -> Int32 = {
        opaque, buffer, count in
        guard let opaque, let buffer else { return vn_averror(EINVAL) }
        let file = Unmanaged<InputFile>.fromOpaque(opaque).takeUnretainedValue()
        var got: Int
        repeat {
            got = pread(file.descriptor, buffer, Int(count), off_t(file.position))
        } while got < 0 && errno == EINTR
        if got < 0 {
            file.readErrno = errno
            return vn_averror(errno)
        }
        if got == 0 { return vn_averror_eof() }
        file.position += Int64(got)
        return Int32(got)
    }

    private static let seek: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
        opaque, offset, whence in
        guard let opaque else { return Int64(vn_averror(EINVAL)) }
        let file = Unmanaged<InputFile>.fromOpaque(opaque).takeUnretainedValue()
        if whence & vn_seek_size() != 0 { return file.size }
        let target: (Int64, Bool) =
            switch whence & 3 {
            case SEEK_SET: (offset, false)
            case SEEK_CUR: file.position.addingReportingOverflow(offset)
            case SEEK_END: file.size.addingReportingOverflow(offset)
            default: (-1, false)
            }
        guard !target.1, target.0 >= 0 else { return Int64(vn_averror(EINVAL)) }
        file.position = target.0
        return target.0
    }
}
