import Audio
import Dispatch
import Foundation
import Synchronization

/// Takes what a microphone hears and keeps it, on a thread of its own: a slow disk never makes the microphone wait.
///
/// Blocks, pauses, marks and the end happen in the order in which they come.
final class Recorder: Sendable {
    private enum Work: Sendable {
        case block(CaptureBlock)
        case togglePause
        case mark
        case end(RecordingEnd)
    }

    private struct Queue {
        var work: [Work] = []
        /// In the blocks that wait.
        var samples = 0
        var isClosed = false
    }

    /// Seconds of sound that may wait for the disk.
    private static let patience = 60

    private let recording: RecordingOnDisk
    private let limits: RecordingLimits
    private let mendsHead: Bool
    private let space: @Sendable () -> RecordingEnd?
    private let mostSamples: Int
    private let queue = Mutex(Queue())
    private let arrivals = DispatchSemaphore(value: 0)
    private let latest = Mutex(RecorderStatus())
    private let heard = Mutex(SuspendingClock.now)

    /// - Parameters:
    ///   - mendsHead: whether the head of the file is put right at the end; not where a server gets its bytes.
    ///   - space: why the recording has to end for want of space, asked every second on the recorder's thread.
    init(
        _ recording: RecordingOnDisk, limits: RecordingLimits, mendsHead: Bool,
        space: @escaping @Sendable () -> RecordingEnd?
    ) {
        self.recording = recording
        self.limits = limits
        self.mendsHead = mendsHead
        self.space = space
        let format = recording.record.format
        mostSamples = format.rate * format.channels * Self.patience
    }

    /// How it goes. With an end, the thread is at its end, too.
    var status: RecorderStatus { latest.withLock { $0 } }

    /// Begins to work on what is taken.
    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "recorder"
        thread.start()
    }

    /// When the microphone delivered something last, by a clock that stands still while the machine sleeps. What waits
    /// for a slow disk has been delivered.
    var heardAt: SuspendingClock.Instant { heard.withLock { $0 } }

    /// Takes a block; never waits.
    func take(_ block: CaptureBlock) {
        heard.withLock { $0 = .now }
        add(.block(block))
    }

    func togglePause() { add(.togglePause) }

    func mark() { add(.mark) }

    /// Ends the recording, behind what was taken so far. Whatever comes later is nothing.
    func end(_ reason: RecordingEnd) { add(.end(reason)) }

    /// Returns when the file is ended.
    func ended() async {
        while status.end == nil { try? await Task.sleep(for: .milliseconds(20)) }
    }

    private func add(_ work: Work) {
        queue.withLock { queue in
            guard !queue.isClosed else { return }
            queue.work.append(work)
            guard case .block(let block) = work else { return }
            queue.samples += block.samples.count
            guard queue.samples > mostSamples else { return }
            queue.work.append(.end(.tooSlow))
            queue.isClosed = true
        }
        arrivals.signal()
    }

    private func run() {
        let tape: Tape
        do throws(MediaError) {
            tape = try Tape(recording, limits: limits, mendsHead: mendsHead, space: space)
        } catch {
            return latest.withLock { $0.end = .writeFailed(error) }
        }
        while tape.status.end == nil {
            for work in next() { carryOut(work, on: tape) }
            tape.look()
            let status = tape.status
            latest.withLock { $0 = status }
        }
        queue.withLock { queue in
            queue.isClosed = true
            queue.work = []
        }
    }

    private func carryOut(_ work: Work, on tape: Tape) {
        switch work {
        case .block(let block): tape.take(block)
        case .togglePause: tape.togglePause()
        case .mark: tape.mark()
        case .end(let reason): tape.end(reason)
        }
    }

    /// What came meanwhile; nothing when nothing came for a while, so that what is there gets to the disk.
    private func next() -> [Work] {
        _ = arrivals.wait(timeout: .now() + .milliseconds(200))
        return queue.withLock { queue in
            defer {
                queue.work = []
                queue.samples = 0
            }
            return queue.work
        }
    }
}
