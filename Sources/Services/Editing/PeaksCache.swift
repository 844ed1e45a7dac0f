import Core
import Synchronization

/// Waveforms in memory, by zoom: a long recording is drawn in many windows, and each would read its file anew.
final class PeaksCache: Sendable {
    private struct Key: Hashable {
        let sha256: SHA256Hash
        let zoom: Int
    }

    private struct State {
        var peaks: [Key: WaveformPeaks] = [:]
        /// The one that was used last at the end.
        var order: [Key] = []
        var bytes: Int64 = 0
    }

    /// A recording of ten hours at 48 kHz takes 14 MB at the finest zoom.
    private static let mostBytes: Int64 = 64 << 20
    private static let mostEntries = 1000
    /// What the waveforms of one request may take together.
    private static let mostBytesOfRequest: Int64 = 32 << 20
    private let state = Mutex(State())
    /// Each reads a file: many at once would take the memory that one may.
    private let turns = Turns(1)

    /// The coarsest stored zoom whose pixels are not longer than wanted, or a coarser one where a request for so many
    /// recordings would take too much memory otherwise.
    /// - Parameter samples: of the recording.
    static func zoom(samplesPerPixel: Int, samples: Int64, recordings: Int) -> WaveformZoom {
        let wanted = max(WaveformZoom.base.samplesPerPixel, min(samplesPerPixel, WaveformZoom.maximumSamplesPerPixel))
        var pixel = 1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount)
        let mostBytes = mostBytesOfRequest / Int64(max(1, recordings))
        while pixel < WaveformZoom.maximumSamplesPerPixel, samples / Int64(pixel) * 2 > mostBytes { pixel *= 2 }
        return (try? WaveformZoom(samplesPerPixel: pixel)) ?? .base
    }

    /// What is remembered, or what `read` gives: a waveform file of the zoom.
    func value(
        _ sha256: SHA256Hash, _ zoom: WaveformZoom, read: () async throws -> [UInt8]
    ) async throws -> WaveformPeaks {
        let key = Key(sha256: sha256, zoom: zoom.samplesPerPixel)
        if let known = find(key) { return known }
        return try await turns.take {
            if let known = find(key) { return known }
            let peaks = try WaveformPeaks(file: try await read())
            remember(peaks, for: key)
            return peaks
        }
    }

    private func find(_ key: Key) -> WaveformPeaks? {
        state.withLock { state in
            guard let known = state.peaks[key] else { return nil }
            state.order.removeAll { $0 == key }
            state.order.append(key)
            return known
        }
    }

    private func remember(_ peaks: WaveformPeaks, for key: Key) {
        state.withLock { state in
            guard state.peaks[key] == nil, peaks.header.fileByteCount <= Self.mostBytes else { return }
            state.peaks[key] = peaks
            state.order.append(key)
            state.bytes += peaks.header.fileByteCount
            while state.bytes > Self.mostBytes || state.order.count > Self.mostEntries {
                let oldest = state.order.removeFirst()
                state.bytes -= state.peaks.removeValue(forKey: oldest)?.header.fileByteCount ?? 0
            }
        }
    }
}
