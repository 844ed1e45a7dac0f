public import Core
import Glibc
import NIOCore
public import NIOPosix

/// Replicas in a folder on another disk: `blobs/ab/<sha256>` below it.
///
/// The folder must exist: a mount point whose disk is missing looks like an empty folder, which the marker tells apart.
/// It must lie apart from the data folder: a file cannot be a copy of itself.
public final class FolderStore: Store {
    public let name: String
    public let kind = Settings.Store.Kind.folder
    private let root: String
    private let threads: NIOThreadPool
    private let meter: StoreMeter
    private let dataFolder: String

    /// - Parameter dataFolder: where the local copies are.
    /// - Throws: `InvalidValue` for a path that cannot be a store's.
    public init(
        _ settings: Settings.Store, besides dataFolder: String, threads: NIOThreadPool, meter: StoreMeter
    ) throws(InvalidValue) {
        name = settings.name
        guard settings.path.hasPrefix("/"), !settings.path.split(separator: "/").contains("..") else {
            throw InvalidValue("The path of a folder store begins with / and holds no \"..\".")
        }
        root =
            settings.path.count > 1 && settings.path.hasSuffix("/") ? String(settings.path.dropLast()) : settings.path
        self.threads = threads
        self.meter = meter
        self.dataFolder = dataFolder
        // The disk may not be mounted yet: it is looked at again whenever the marker is.
        if Self.lies(root, in: dataFolder) { throw InvalidValue(Self.notApart) }
    }

    private static let notApart =
        "The path of a folder store is the data folder, or lies in it: a file there is no copy. Choose a folder on another "
        + "disk."

    /// Whether the folder is the data folder, or lies in it, whatever links lead there.
    static func lies(_ folder: String, in dataFolder: String) -> Bool {
        guard let one = realpath(folder, nil) else { return false }
        defer { free(one) }
        guard let other = realpath(dataFolder, nil) else { return false }
        defer { free(other) }
        return "\(String(cString: one))/".hasPrefix("\(String(cString: other))/")
    }

    public func isSameFile(_ blob: SHA256Hash, as path: String) async throws -> Bool {
        let own = self.path(blob)
        return try await work {
            guard Files.exists(own), Files.exists(path) else { return false }
            return try OpenFile.reading(own).isSameFile(as: try OpenFile.reading(path))
        }
    }

    private func path(_ sha256: SHA256Hash) -> String {
        "\(root)/blobs/\(sha256.description.prefix(2))/\(sha256)"
    }

    public func put(
        _ blob: Blob, from source: any BlobSource, resuming transfer: StoreTransfer?,
        progress: @escaping @Sendable (StoreProgress) async throws -> Void
    ) async throws -> StoreReceipt {
        meter.add(requests: 1, ingress: blob.size)
        let path = path(blob.sha256)
        if try await digest(of: path) == blob.sha256 { return StoreReceipt() }
        let temporary = "\(root)/.incoming-\(Identifier<FolderStore>())"
        do {
            let file = try await work { try OpenFile.creating(temporary) }
            var offset: Int64 = 0
            for try await piece in source.bytes(0..<blob.size) {
                let position = offset
                try await work { try file.write(piece, at: position) }
                offset += Int64(piece.readableBytes)
            }
            try await work {
                try file.sync()
                let folder = String(path.prefix(path.count - 65))
                try Files.makeFolder("\(self.root)/blobs")
                if try Files.makeFolder(folder) { try OpenFile.folder("\(self.root)/blobs").sync() }
                try Files.rename(temporary, to: path)
                try OpenFile.folder(folder).sync()
                try OpenFile.folder(self.root).sync()
            }
        } catch {
            _ = try? await work { try Files.remove(temporary) }
            throw error
        }
        guard try await digest(of: path) == blob.sha256 else {
            throw StoreError(.damaged, "\(name) has other bytes than were written.")
        }
        return StoreReceipt()
    }

    public func check(_ blob: Blob, _ receipt: StoreReceipt?) async throws -> StoreFinding {
        meter.add(requests: 1)
        let path = path(blob.sha256)
        do {
            let size = try await work { try OpenFile.reading(path).status().size }
            return size == blob.size ? .unproven : .different("\(name) has \(size) bytes of it, not \(blob.size).")
        } catch let error as FileError where error.isMissing {
            return .missing
        }
    }

    public func read(_ blob: Blob, _ receipt: StoreReceipt?, range: Range<Int64>?) async throws -> StoreBody {
        meter.add(requests: 1)
        let path = path(blob.sha256)
        let file: OpenFile
        do {
            file = try await work { try OpenFile.reading(path) }
        } catch let error as FileError where error.isMissing {
            throw StoreError(.missing, "\(name) does not have it.")
        }
        let range = range ?? 0..<blob.size
        let (pieces, meter) = (FilePieces(file, range, threads: threads), meter)
        return StoreBody(size: range.upperBound - range.lowerBound) { [name] in
            var iterator = pieces.makeAsyncIterator()
            return StoreBody.Iterator {
                do {
                    return meter.received(try await iterator.next())
                } catch let error as FileError {
                    // It ends too early, or the disk cannot read it any more.
                    let isBad = error.number == EIO
                    throw StoreError(isBad ? .damaged : .failing, "\(name) cannot read all of it (\(error.reason)).")
                }
            }
        }
    }

    public func remove(_ blob: SHA256Hash, _ receipt: StoreReceipt?) async throws {
        meter.add(requests: 1)
        let path = path(blob)
        _ = try await work { try Files.remove(path) }
    }

    public func signedURL(_ blob: Blob, _ receipt: StoreReceipt?, _ request: SignedURLRequest) -> String? { nil }

    public func marker() async throws -> String? {
        let path = "\(root)/\(StoreMarker.name)"
        let (root, dataFolder) = (root, dataFolder)
        let bytes = try await work { () -> [UInt8]? in
            guard !Self.lies(root, in: dataFolder) else { throw StoreError(.refused, Self.notApart) }
            guard (try? OpenFile.folder(root)) != nil else {
                throw StoreError(.vanished, "\(root) is no folder that can be read. Mount its disk, or name another.")
            }
            guard Files.exists(path) else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let file = try OpenFile.reading(path)
            let result = buffer.withUnsafeMutableBytes { bytes in
                Result { () throws(FileError) in try file.read(into: bytes, at: 0) }
            }
            return Array(buffer[..<(try result.get())])
        }
        return bytes.flatMap { StoreMarker.id(in: $0) }
    }

    public func setMarker(_ id: String) async throws {
        let marker = ByteBuffer(bytes: try StoreMarker.bytes(of: id))
        let path = "\(root)/\(StoreMarker.name)"
        let root = root
        try await work {
            // Several may write it at once, all of them the same.
            let temporary = "\(root)/.incoming-\(Identifier<FolderStore>())"
            let file = try OpenFile.creating(temporary)
            try file.write(marker, at: 0)
            try file.sync()
            try Files.rename(temporary, to: path)
            try OpenFile.folder(root).sync()
        }
    }

    public func abandonedTransfers(before time: Timestamp) async throws -> [AbandonedTransfer] {
        let root = root
        return try await work {
            try Files.names(in: root).filter { $0.hasPrefix(".incoming-") }.compactMap { name in
                let modified = Timestamp(milliseconds: try OpenFile.reading("\(root)/\(name)").status().modified * 1000)
                return modified < time ? AbandonedTransfer(key: name, id: name, begunAt: modified) : nil
            }
        }
    }

    public func abandon(_ transfer: AbandonedTransfer) async throws {
        guard transfer.id.hasPrefix(".incoming-"), !transfer.id.contains("/") else { return }
        let path = "\(root)/\(transfer.id)"
        _ = try await work { try Files.remove(path) }
    }

    /// The digest of the file; nil when there is none.
    private func digest(of path: String) async throws -> SHA256Hash? {
        do {
            return try await work { try LocalStore.digest(of: try OpenFile.reading(path)).0 }
        } catch let error as FileError where error.isMissing {
            return nil
        }
    }

    private func work<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await threads.runIfActive(body)
        } catch let error as FileError where !error.isMissing {
            throw StoreError(.failing, "\(name): \(error.reason).")
        }
    }
}
