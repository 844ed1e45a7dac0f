/// Writes a ZIP archive piece by piece: files stored as they are, checksums behind them, the directory at the end.
///
/// For each file in turn send what `begin()` gives, then the file's bytes, each piece shown to `add(_:)` before, then
/// what `end()` gives; after the last file send what `finish()` gives. Together that is exactly `contentLength` bytes.
/// Nothing is kept of a file but its name and its checksum.
///
/// The format is that of APPNOTE.TXT 6.3.10: sizes of 4 GiB and more, archives of that length and 65 535 files or more
/// use ZIP64, and only they.
public struct ZipWriter: Sendable {
    /// The files in their order, with the names that they have in the archive.
    public let files: [ZipFile]
    /// The length of the whole archive in bytes.
    public let contentLength: Int64

    /// Where the writer stands.
    private enum Position: Equatable {
        case before(Int)
        case within(Int, checksum: CRC32, count: Int64)
        case finished
    }

    private let offsets: [Int64]
    private let directoryOffset: Int64
    private let directoryLength: Int64
    private var checksums: [UInt32] = []
    private var position = Position.before(0)

    /// Lays the archive out. The names are made safe and unique (see ``ZipNames``).
    public init(_ wanted: [ZipFile]) {
        var names = ZipNames()
        files = wanted.map { ZipFile(name: names.unique($0.name), size: $0.size, modifiedAt: $0.modifiedAt) }
        var offset: Int64 = 0
        var offsets: [Int64] = []
        for file in files {
            offsets.append(offset)
            offset += ZipLayout.localHeaderLength(file) + file.size + ZipLayout.descriptorLength(file)
        }
        self.offsets = offsets
        directoryOffset = offset
        directoryLength = zip(files, offsets).reduce(0) { $0 + ZipLayout.directoryEntryLength($1.0, offset: $1.1) }
        contentLength =
            offset + directoryLength
            + ZipLayout.endLength(count: files.count, length: directoryLength, offset: directoryOffset)
    }

    /// What goes before the next file's bytes. There must be a next one.
    public mutating func begin() -> [UInt8] {
        guard case .before(let index) = position, index < files.count else {
            preconditionFailure("a file begins when the one before has ended")
        }
        position = .within(index, checksum: CRC32(), count: 0)
        return ZipLayout.localHeader(files[index])
    }

    /// Takes note of the file's next bytes. A file must have begun.
    ///
    /// - Throws: ``ZipError/sizeMismatch(name:expected:actual:)`` when there are more than were promised; then they
    ///   must not be sent.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
        try count(Int64(bytes.count)) { $0.update(bytes) }
    }

    /// Counts bytes of the file and lets its checksum take them.
    mutating func count(_ bytes: Int64, _ take: (inout CRC32) -> Void) throws(ZipError) {
        guard case .within(let index, var checksum, let count) = position else {
            preconditionFailure("bytes come between the begin and the end of a file")
        }
        let file = files[index]
        guard bytes <= file.size - count else {
            throw .sizeMismatch(name: file.name, expected: file.size, actual: count + bytes)
        }
        take(&checksum)
        position = .within(index, checksum: checksum, count: count + bytes)
    }

    /// What goes behind the file's bytes. A file must have begun.
    ///
    /// - Throws: ``ZipError/sizeMismatch(name:expected:actual:)`` when fewer bytes came than were promised.
    public mutating func end() throws(ZipError) -> [UInt8] {
        guard case .within(let index, let checksum, let count) = position else {
            preconditionFailure("a file ends after it began")
        }
        let file = files[index]
        guard count == file.size else {
            throw .sizeMismatch(name: file.name, expected: file.size, actual: count)
        }
        checksums.append(checksum.value)
        position = .before(index + 1)
        return ZipLayout.descriptor(file, checksum: checksum.value)
    }

    /// The directory, which goes behind all files. All must have ended.
    public mutating func finish() -> [UInt8] {
        guard position == .before(files.count) else {
            preconditionFailure("an archive is finished when all its files have ended")
        }
        position = .finished
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(contentLength - directoryOffset))
        for (index, file) in files.enumerated() {
            bytes += ZipLayout.directoryEntry(file, checksum: checksums[index], offset: offsets[index])
        }
        return bytes + ZipLayout.end(count: files.count, length: directoryLength, offset: directoryOffset)
    }
}
