import Audio
import Blobs
import Foundation
import Glibc

/// Puts a finished recording where somebody wants it as a file. The calls block.
struct FileDelivery {
    let path: String

    /// - Throws: ``CommandFailure`` when the file cannot be made there.
    func check() throws {
        guard !path.isEmpty else { throw CommandFailure("--output is empty; name a file.") }
        guard access(path, F_OK) != 0 else {
            throw CommandFailure("\(path) is there already; a recording replaces no file.")
        }
        guard access(folder, W_OK) == 0 else {
            throw CommandFailure("\(path) cannot be made: \(String(cString: strerror(errno))).")
        }
    }

    /// Moves the recording there; it is on disk when this returns. Its marks go into a file of labels beside it, as
    /// Audacity reads them.
    func deliver(_ recording: RecordingOnDisk) throws -> String {
        if link(recording.soundPath, path) != 0 {
            let number = errno
            guard number == EXDEV || number == EPERM || number == EOPNOTSUPP else {
                throw FileError("link", path, number: number)
            }
            // Another disk, or one without links.
            let pending = try PendingFile(path, replacing: false, sources: [recording.soundPath])
            do {
                try FileManager.default.copyItem(atPath: recording.soundPath, toPath: pending.temporary)
            } catch {
                pending.discard()
                throw error
            }
            try pending.commit()
        }
        try OpenFile.folder(folder).sync()
        // The sound is in its place: what happens to the marks does not change that.
        do {
            try writeLabels(recording.record)
        } catch {
            StandardError.say("The marks could not be written beside it: \(error)")
        }
        return path
    }

    private func writeLabels(_ record: RecordingInProgress) throws {
        guard !record.marks.isEmpty else { return }
        let lines = record.marks.enumerated().map { number, place in
            let seconds = String(format: "%.6f", Double(place) / Double(record.format.rate))
            return "\(seconds)\t\(seconds)\tmark \(number + 1)\n"
        }
        let labels = URL(fileURLWithPath: path).deletingPathExtension().path + ".labels.txt"
        let file = try OpenFile.creating(labels)
        let bytes = Array(lines.joined().utf8)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        try OpenFile.folder(folder).sync()
    }

    private var folder: String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
}
