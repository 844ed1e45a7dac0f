import Foundation
import Synchronization

/// A microphone that is being recorded from, on a thread of its own.
///
/// Guaranteed: blocks come in order and without a gap in their positions; the last call is `ended`, once. What the
/// sound system itself dropped, because the machine was too busy, is not among the blocks. The calls come from the
/// capture's thread and must not block it: a device's own memory is short.
public final class Capture: Sendable {
    private struct State {
        var isStopped = false
        var hasEnded = false
    }

    public let device: CaptureDevice
    public let format: CaptureFormat
    private let state = Mutex(State())

    private init(_ device: CaptureDevice, _ format: CaptureFormat) {
        self.device = device
        self.format = format
    }

    /// Opens the device and begins to deliver what it hears.
    ///
    /// - Parameters:
    ///   - take: gets each block, about twenty a second.
    ///   - ended: called at the end; with ``CaptureError/lost(_:)`` when the device went away.
    /// - Throws: ``CaptureError``; then neither is ever called.
    public static func start(
        _ device: CaptureDevice, _ format: CaptureFormat, take: @escaping @Sendable (CaptureBlock) -> Void,
        ended: @escaping @Sendable (CaptureError?) -> Void
    ) async throws(CaptureError) -> Capture {
        let capture = Capture(device, format)
        let failure: CaptureError? = await withCheckedContinuation {
            (continuation: CheckedContinuation<CaptureError?, Never>) in
            let thread = Thread {
                capture.run(take, ended) { continuation.resume(returning: $0) }
            }
            thread.name = "capture"
            thread.start()
        }
        if let failure { throw failure }
        return capture
    }

    /// Ends the capture. Returns when it has, or after two seconds when the sound system does not let go of the thread;
    /// blocks that it still delivers are the last ones.
    public func stop() async {
        state.withLock { $0.isStopped = true }
        for _ in 0..<100 where !hasEnded { try? await Task.sleep(for: .milliseconds(20)) }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }
    private var hasEnded: Bool { state.withLock { $0.hasEnded } }

    private func run(
        _ take: (CaptureBlock) -> Void, _ ended: (CaptureError?) -> Void, opened: (CaptureError?) -> Void
    ) {
        let input: CaptureInput
        do throws(CaptureError) {
            input = try CaptureInput(device, format)
        } catch {
            return opened(error)
        }
        opened(nil)
        ended(deliver(from: input, to: take))
        state.withLock { $0.hasEnded = true }
    }

    /// Reads until somebody stops it; the trouble that ended it, or nil.
    private func deliver(from input: CaptureInput, to take: (CaptureBlock) -> Void) -> CaptureError? {
        var position: Int64 = 0
        while !isStopped {
            let samples: [Int32]
            do throws(CaptureError) {
                samples = try input.read()
            } catch {
                return isStopped ? nil : error
            }
            guard !samples.isEmpty else { continue }
            take(CaptureBlock(position: position, samples: samples))
            position += Int64(samples.count / format.channels)
        }
        return nil
    }
}
