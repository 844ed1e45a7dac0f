public import Core
import Crypto
import Glibc

/// A recording in the journal: what is to be recorded of it, and all of its bytes.
public struct JournalEntry: Sendable, Hashable {
    /// Grows with every entry, over restarts too.
    public let number: UInt64
    /// What whoever wrote it needs to repeat what followed.
    public let record: [UInt8]
    /// The content's digest.
    public let sha256: SHA256Hash
    public let content: [UInt8]

    /// Offsets and lengths on disk are multiples of it, for direct writes.
    static let block = 4096
    /// Bytes of the largest content that is worth writing twice.
    static let largestContent = 256 << 10
    private static let largestRecord = 64 << 10
    private static let mark: [UInt8] = Array("VoiceNt1".utf8)
    private static let headLength = 64

    /// Bytes that an entry takes; nil when it is too large.
    static func length(record: Int, content: Int) -> Int? {
        guard record <= largestRecord, content <= largestContent else { return nil }
        return whole(headLength + record) + whole(content)
    }

    private static func whole(_ count: Int) -> Int { (count + block - 1) / block * block }

    /// Writes head and record into `bytes`, and gives where the content goes.
    ///
    /// Head: mark 8, number 8, length of the record 4, of the content 4, SHA-256 of the content 32, CRC-32C of all that
    /// and of the record 4; little-endian.
    static func encode(
        _ number: UInt64, record: [UInt8], sha256: SHA256Hash, contentLength: Int,
        into bytes: UnsafeMutableRawBufferPointer
    ) -> Int {
        bytes.copyBytes(from: mark)
        bytes.storeBytes(of: number.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: UInt32(record.count).littleEndian, toByteOffset: 16, as: UInt32.self)
        bytes.storeBytes(of: UInt32(contentLength).littleEndian, toByteOffset: 20, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: bytes[24..<56]).copyBytes(from: sha256.bytes)
        UnsafeMutableRawBufferPointer(rebasing: bytes[headLength...]).copyBytes(from: record)
        let checksum = checksum(UnsafeRawBufferPointer(bytes), recordLength: record.count)
        UnsafeMutableRawBufferPointer(rebasing: bytes[56..<60]).copyBytes(from: checksum)
        return whole(headLength + record.count)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, recordLength: Int) -> [UInt8] {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<56]))
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[headLength..<headLength + recordLength]))
        return checksum.bytes
    }

    /// Reads the whole entry at the offset, and the offset behind it; nil where there is none.
    static func read(_ file: OpenFile, at offset: Int64) throws(FileError) -> (JournalEntry, next: Int64)? {
        guard let head = try bytes(of: file, at: offset, count: headLength), head.starts(with: mark) else { return nil }
        let (number, record, content): (UInt64, Int, Int) = head.withUnsafeBytes { head in
            (
                UInt64(littleEndian: head.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                Int(UInt32(littleEndian: head.loadUnaligned(fromByteOffset: 16, as: UInt32.self))),
                Int(UInt32(littleEndian: head.loadUnaligned(fromByteOffset: 20, as: UInt32.self)))
            )
        }
        guard let length = length(record: record, content: content),
            let all = try bytes(of: file, at: offset, count: length),
            all.withUnsafeBytes({ checksum($0, recordLength: record) }).elementsEqual(all[56..<60]),
            let sha256 = SHA256Hash(bytes: all[24..<56])
        else { return nil }
        let begin = whole(headLength + record)
        let body = Array(all[begin..<begin + content])
        // A power cut in the middle of the write: nobody was told of it.
        guard SHA256Hash(of: body) == sha256 else { return nil }
        let entry = JournalEntry(
            number: number, record: Array(all[headLength..<headLength + record]), sha256: sha256, content: body)
        return (entry, offset + Int64(length))
    }

    private static func bytes(of file: OpenFile, at offset: Int64, count: Int) throws(FileError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let result = bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(FileError) in
                    try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + Int64(done))
                }
            }
            let read = try result.get()
            if read == 0 { return nil }
            done += read
        }
        return bytes
    }
}
