import Blobs
import Glibc

/// A file that is written beside its place, under a hidden name, and gets its own name once it is complete and on disk.
///
/// Guaranteed: whatever ends the program, the name stands for nothing or for what stood there before, or for the whole
/// new file. A source never gets the name.
struct PendingFile: Sendable {
    let path: String
    /// Where to write; there is no such file yet.
    let temporary: String
    private let folder: String
    private let replaces: Bool

    /// Checks that the file may be made; nothing is written yet.
    /// - Parameters:
    ///   - replaces: whether a file that has the name gives way.
    ///   - sources: what must not be replaced, whatever it is called.
    /// - Throws: ``CommandFailure`` with what to do.
    init(_ path: String, replacing replaces: Bool, sources: [String]) throws {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { String(path[..<$0]) } ?? "."
        folder = parent.isEmpty ? "/" : parent
        guard DiskFile(folder)?.isFolder == true else {
            throw CommandFailure("\(path) cannot be written: there is no folder \(folder). Make it first.")
        }
        if let existing = DiskFile(path) {
            guard existing.isRegular else { throw CommandFailure("\(path) is no file; choose another name.") }
            for source in sources where DiskFile(source)?.isSame(as: existing) == true {
                throw CommandFailure(
                    "\(path) is the recording \(source) itself, which is never overwritten; choose another name.")
            }
        }
        guard replaces || !DiskFile.isTaken(path) else { throw Self.taken(path) }
        self.path = path
        self.replaces = replaces
        var generator = SystemRandomNumberGenerator()
        temporary = "\(folder)/.voicenote-\(String(generator.next(), radix: 16)).part"
    }

    /// Writes the text; ``commit()`` makes it the file.
    func write(_ text: String) throws {
        do {
            let file = try OpenFile.creating(temporary)
            var text = text
            try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0), at: 0) }
        } catch let error as FileError {
            discard()
            throw CommandFailure("\(path) cannot be written: \(error.reason).")
        }
    }

    /// Gives the complete file its name, once its bytes are on disk. Blocks.
    func commit() throws {
        do {
            let file = try OpenFile.reading(temporary)
            try file.sync()
            let mask = umask(0o077)
            umask(mask)
            guard fchmod(file.descriptor, 0o666 & ~mask) == 0 else {
                throw FileError("chmod", temporary, number: errno)
            }
            try place()
            // The name, too; some file systems cannot sync a folder, and have nothing to sync then.
            if let folder = try? OpenFile.folder(folder) { try? folder.sync() }
        } catch let error as FileError {
            discard()
            throw CommandFailure("\(path) cannot be written: \(error.reason).")
        } catch {
            discard()
            throw error
        }
    }

    /// Removes what was written so far.
    func discard() {
        unlink(temporary)
    }

    private func place() throws {
        if !replaces {
            // A link does not replace what somebody else put there meanwhile.
            if link(temporary, path) == 0 {
                unlink(temporary)
                return
            }
            // Not every file system has links.
            guard errno != EEXIST, !DiskFile.isTaken(path) else { throw Self.taken(path) }
        }
        guard rename(temporary, path) == 0 else { throw FileError("rename", path, number: errno) }
    }

    private static func taken(_ path: String) -> CommandFailure {
        CommandFailure("\(path) exists already; choose another name, or say --force to replace it.")
    }
}
