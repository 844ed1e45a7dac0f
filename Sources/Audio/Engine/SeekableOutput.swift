import CLibAV
import Glibc

/// An output as an open descriptor that is written at any place, up to a size. The descriptor stays the caller's.
final class SeekableOutput {
    private let descriptor: Int32
    private let maximumBytes: Int64
    private(set) var size: Int64 = 0
    /// Why a write failed, 0 when none did.
    private(set) var writeErrno: Int32 = 0
    private var position: Int64 = 0

    init(descriptor: Int32, maximumBytes: Int64) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
    }

    /// Writes all bytes at the current place; 0, or the error's number.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard position + Int64(bytes.count) <= maximumBytes else { return failure(EFBIG) }
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(position))
            if written < 0 {
                if errno == EINTR { continue }
                return failure(errno)
            }
            done += written
            position += Int64(written)
            size = max(size, position)
        }
        return 0
    }

    /// - Throws: `outputFailed` where a write failed.
    func check() throws(MediaError) {
        if writeErrno != 0 { throw .outputFailed(errno: writeErrno) }
    }

    /// What a muxer writes by, to be freed by `vn_avio_free` while this object lives; nil where there is no memory.
    func makeContext(bufferBytes: Int32) -> UnsafeMutablePointer<AVIOContext>? {
        vn_avio_seeking_writer(
            bufferBytes, Unmanaged.passUnretained(self).toOpaque(),
            { opaque, bytes, count in
                guard let opaque, let bytes else { return vn_averror(EINVAL) }
                let output = Unmanaged<SeekableOutput>.fromOpaque(opaque).takeUnretainedValue()
                let error = output.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                return error == 0 ? count : vn_averror(error)
            },
            { opaque, offset, whence in
                guard let opaque else { return Int64(vn_averror(EINVAL)) }
                let output = Unmanaged<SeekableOutput>.fromOpaque(opaque).takeUnretainedValue()
                if whence & vn_seek_size() != 0 { return output.size }
                return output.place(offset, whence).flatMap(output.seek) ?? Int64(vn_averror(EINVAL))
            })
    }

    /// Goes to the place; nil for one that cannot be.
    func seek(to place: Int64) -> Int64? {
        guard (0...maximumBytes).contains(place) else { return nil }
        position = place
        return place
    }

    /// Goes back to an empty file.
    func clear() {
        _ = ftruncate(descriptor, 0)
        (size, position, writeErrno) = (0, 0, 0)
    }

    private func failure(_ error: Int32) -> Int32 {
        writeErrno = error
        return error
    }

    /// The place, relative to which `offset` is counted by `whence`.
    func place(_ offset: Int64, _ whence: Int32) -> Int64? {
        let base: Int64? =
            switch whence & 3 {
            case SEEK_SET: 0
            case SEEK_CUR: position
            case SEEK_END: size
            default: nil
            }
        guard let base else { return nil }
        let (place, isOverflow) = base.addingReportingOverflow(offset)
        return isOverflow ? nil : place
    }
}
