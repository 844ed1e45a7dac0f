import Audio
import Foundation

@testable import voicenote

/// A folder for recordings in progress that goes when the test ends.
final class RecorderFixture {
    let folder: RecordingFolder
    private let root = NSTemporaryDirectory() + "voicenote-recorder-" + UUID().uuidString

    init() throws {
        folder = RecordingFolder(path: root + "/in-progress")
        try folder.prepare()
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// A recording of WAV, whose bytes are easy to foretell: 16 bits, one channel, 8 kHz.
    func recording(
        title: String = "Garden fence", mostTime: Duration? = nil, mostBytes: Int64? = nil
    ) throws -> (recording: RecordingOnDisk, plan: RecordingPlan) {
        let plan = try RecordingPlan(
            title: title, tags: ["idea"], folder: nil, text: "Paint it.", preset: .custom,
            format: try RecordingFormat(codec: .wav, rate: 8_000, channels: 1), mostTime: mostTime,
            mostBytes: mostBytes)
        return (try RecordingOnDisk.create(RecordingInProgress(plan, device: "test"), in: folder.path), plan)
    }

    /// A block of 50 ms, each of whose samples is `value`.
    static func block(_ number: Int, value: Int16 = 1_000) -> CaptureBlock {
        CaptureBlock(position: Int64(number * 400), samples: [Int32](repeating: Int32(value) << 16, count: 400))
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

    func bytes(_ recording: RecordingOnDisk) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: recording.soundPath)))
    }
}
