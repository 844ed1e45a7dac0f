import Audio
import Blobs
import Core
import Foundation
import Glibc
import Synchronization

/// A recording in the folder of those in progress: its sound, and its record beside it.
///
/// As long as this lives, the sound's file is locked, so that nobody else takes it for a left-over; the lock ends with
/// the process, however that ends. The calls block.
final class RecordingOnDisk: Sendable {
    /// What became of a recording whose record was found.
    enum Found {
        /// Its process is gone, and it is ours now.
        case leftOver(RecordingOnDisk)
        /// A process is at work on it.
        case inUse
        /// Its sound is elsewhere; the record was removed.
        case gone
    }

    let folder: String
    /// The sound's file, open for reading and writing.
    let descriptor: Int32
    private let state: Mutex<RecordingInProgress>

    private init(_ recording: RecordingInProgress, in folder: String, descriptor: Int32) {
        self.folder = folder
        self.descriptor = descriptor
        state = Mutex(recording)
    }

    deinit { close(descriptor) }

    /// Makes both files. They are on disk when this returns.
    static func create(_ recording: RecordingInProgress, in folder: String) throws -> RecordingOnDisk {
        let path = "\(folder)/\(recording.soundName)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("create", path, number: errno) }
        let made = RecordingOnDisk(recording, in: folder, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw FileError("lock", path, number: errno) }
        // The record comes last: nobody looks at a sound without one.
        try save(recording, in: folder)
        return made
    }

    /// Takes over what a record speaks of, unless somebody is at work on it.
    /// - Throws: what is wrong with the record or the file.
    static func find(_ recordName: String, in folder: String) throws -> Found {
        let recording = try read(recordName, in: folder)
        let path = "\(folder)/\(recording.soundName)"
        let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT {
            // The sound is removed first, once it is safe elsewhere.
            unlink("\(folder)/\(recordName)")
            return .gone
        }
        guard descriptor >= 0 else { throw FileError("open", path, number: errno) }
        let isOurs = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        do {
            // Whoever held it may have changed the record, or brought the sound to its place, until the lock was ours.
            let fresh = isOurs ? try read(recordName, in: folder) : recording
            let found = RecordingOnDisk(fresh, in: folder, descriptor: descriptor)
            return isOurs ? .leftOver(found) : .inUse
        } catch {
            close(descriptor)
            guard access("\(folder)/\(recordName)", F_OK) != 0 else { throw error }
            return .gone
        }
    }

    private static func read(_ recordName: String, in folder: String) throws -> RecordingInProgress {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(recordName)"))
        let recording = try JSONDecoder().decode(RecordingInProgress.self, from: data)
        guard recording.recordName == recordName else {
            throw CommandFailure("it speaks of another recording, \(recording.id)")
        }
        return recording
    }

    var record: RecordingInProgress { state.withLock { $0 } }
    var soundPath: String { "\(folder)/\(record.soundName)" }

    /// Bytes of the sound.
    func size() throws -> Int64 {
        try OpenFile.reading(soundPath).status().size
    }

    /// Changes the record; the change is on disk when this returns.
    func update(_ change: (inout RecordingInProgress) -> Void) throws {
        try state.withLock { recording in
            change(&recording)
            try Self.save(recording, in: folder)
        }
    }

    /// Forgets everything behind the offset.
    func cut(to size: Int64) {
        _ = ftruncate(descriptor, off_t(size))
        _ = fdatasync(descriptor)
    }

    /// Puts the length into the head of a WAV file. Not for one whose bytes a server has already.
    func mendHead() throws {
        guard record.format.codec == .wav else { return }
        try WAVFile.mend(descriptor)
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync", soundPath, number: errno) }
    }

    /// Removes sound and record: once the sound is safe elsewhere, or nobody wants it.
    /// - Throws: `FileError` when one of them stays.
    func remove() throws {
        for path in [soundPath, "\(folder)/\(record.recordName)"] where unlink(path) != 0 && errno != ENOENT {
            throw FileError("remove", path, number: errno)
        }
        try? OpenFile.folder(folder).sync()
    }

    private static func save(_ recording: RecordingInProgress, in folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(recording)
        let path = "\(folder)/\(recording.recordName)"
        let fresh = "\(path).new"
        unlink(fresh)
        let file = try OpenFile.creating(fresh)
        try data.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        guard rename(fresh, path) == 0 else { throw FileError("rename", path, number: errno) }
        try OpenFile.folder(folder).sync()
    }
}
