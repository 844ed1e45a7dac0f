import Audio
import Blobs
import Foundation
import Glibc

/// Puts a finished recording where somebody wants it as a file. The calls block.
struct FileDelivery {
    let path: String

    /// - Throws: ``CommandFailure`` when the file cannot be made there.
    func check() throws {
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
            try FileManager.default.copyItem(atPath: recording.soundPath, toPath: path)
            try OpenFile.reading(path).sync()
        }
        try writeLabels(recording.record)
        try OpenFile.folder(folder).sync()
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
    }

    private var folder: String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
}
