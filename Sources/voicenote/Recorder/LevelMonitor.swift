import Audio
import Synchronization

/// Shows how loud it is, before anything is recorded.
struct LevelMonitor {
    private static let tick = Duration.milliseconds(50)

    let device: CaptureDevice
    let format: RecordingFormat
    let desk: RecorderDesk
    /// When it ends by itself; nil for never.
    let mostTime: Duration?

    /// What the microphone's thread leaves for whoever looks.
    private final class Heard: Sendable {
        private let meter: Mutex<LevelMeter>
        private let trouble = Mutex<CaptureError?>(nil)

        init(_ format: RecordingFormat) {
            meter = Mutex(LevelMeter(rate: format.rate, channels: format.channels))
        }

        func take(_ block: CaptureBlock) { meter.withLock { $0.add(block.samples) } }
        func end(_ error: CaptureError?) { trouble.withLock { $0 = error } }
        var levels: Levels { meter.withLock { $0.levels } }
        var error: CaptureError? { trouble.withLock { $0 } }
    }

    /// Shows levels until somebody has seen enough. Whether the recording is to begin.
    /// - Throws: ``CommandFailure`` when the microphone cannot be opened, or goes away.
    func run() async throws -> Bool {
        let heard = Heard(format)
        let capture: Capture
        do throws(CaptureError) {
            capture = try await Capture.start(
                device, format.capture, take: { heard.take($0) }, ended: { heard.end($0) })
        } catch {
            throw CommandFailure(error.description)
        }
        desk.say(
            desk.hasKeys
                ? "Levels of \(device.description). Enter begins to record, q leaves."
                : "Levels of \(device.description). Nothing is recorded.")
        let mayRecord = try await watch(heard)
        await capture.stop()
        return mayRecord
    }

    private func watch(_ heard: Heard) async throws -> Bool {
        let end = mostTime.map { ContinuousClock.now + $0 }
        while true {
            if let error = heard.error { throw CommandFailure(error.description) }
            let levels = heard.levels
            desk.show(
                line: "[\(RecorderLine.bar(levels))]  \(RecorderLine.levels(levels))",
                plain: "level  \(RecorderLine.levels(levels))")
            for key in desk.keys() {
                if key == .quit { return false }
                if key == .enter || key == .space { return true }
            }
            if let end, ContinuousClock.now >= end {
                desk.say("level  \(RecorderLine.levels(levels))")
                return false
            }
            try? await Task.sleep(for: Self.tick)
        }
    }
}
