import CEBUR128
import CLibAV
import Core
import Glibc

/// Measures loudness, range and true peak. Used from one thread.
///
/// libebur128 does the K-weighting, the channel weights and the oversampled peak. It is asked for the energy of each
/// 100 ms, from which the blocks of 400 ms and 3 s are put together and gated here: its own lists of blocks grow with
/// the recording, its own histogram rounds to 0.1 LU.
final class LoudnessMeter {
    private var state: UnsafeMutablePointer<ebur128_state>?
    private let channels: Int
    /// Samples of one channel in 100 ms.
    private let stepSamples: Int
    private var stepFill = 0
    /// The energies of the last three seconds, in a ring.
    private var steps = [Double](repeating: 0, count: 30)
    private var stepCount = 0
    private var momentary = GatedHistogram()
    private var shortTerm = GatedHistogram()

    init(shape: AudioShape) throws(MediaError) {
        let mode = Int32(bitPattern: EBUR128_MODE_M.rawValue | EBUR128_MODE_TRUE_PEAK.rawValue)
        guard let state = ebur128_init(UInt32(shape.channels), UInt(shape.rate), mode) else { throw .outOfMemory }
        self.state = state
        channels = Int(shape.channels)
        stepSamples = max(1, Int(shape.rate) / 10)
        for index in 0..<shape.channels {
            ebur128_set_channel(state, UInt32(index), Self.position(of: index, in: shape))
        }
    }

    deinit {
        ebur128_destroy(&state)
    }

    /// Takes interleaved samples of 16 bit.
    func add(_ samples: UnsafePointer<Int16>, count: Int) throws(MediaError) {
        var done = 0
        while done < count {
            let part = min(count - done, stepSamples - stepFill)
            try check(ebur128_add_frames_short(state, samples + done * channels, part))
            done += part
            advance(part)
        }
    }

    /// Takes interleaved floating-point samples.
    func add(_ samples: UnsafePointer<Float>, count: Int) throws(MediaError) {
        var done = 0
        while done < count {
            let part = min(count - done, stepSamples - stepFill)
            try check(ebur128_add_frames_float(state, samples + done * channels, part))
            done += part
            advance(part)
        }
    }

    /// The loudness of all that was added.
    func result() -> Loudness {
        var peak = 0.0
        for channel in 0..<channels {
            var value = 0.0
            if ebur128_true_peak(state, UInt32(channel), &value) == 0 { peak = max(peak, value) }
        }
        return Loudness(
            integratedLUFS: momentary.gatedLoudness(relativeGate: -10).map(Self.rounded),
            rangeLU: shortTerm.range(relativeGate: -20, low: 0.10, high: 0.95).map(Self.rounded),
            truePeakDBTP: peak > 0 ? Self.rounded(20 * log10(peak)) : nil)
    }

    /// More than 0.01 LU is neither measured nor of use.
    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private func advance(_ samples: Int) {
        stepFill += samples
        guard stepFill == stepSamples else { return }
        stepFill = 0
        var loudness = -Double.infinity
        _ = ebur128_loudness_window(state, 100, &loudness)
        steps[stepCount % 30] = loudness.isFinite ? GatedHistogram.energy(ofLoudness: loudness) : 0
        stepCount += 1
        if stepCount >= 4 {
            let sum = (1...4).reduce(0.0) { $0 + steps[(stepCount - $1) % 30] }
            momentary.add(energy: sum / 4)
        }
        if stepCount >= 30 { shortTerm.add(energy: steps.reduce(0, +) / 30) }
    }

    private func check(_ result: Int32) throws(MediaError) {
        if result == Int32(EBUR128_ERROR_NOMEM.rawValue) { throw .outOfMemory }
        guard result == Int32(EBUR128_SUCCESS.rawValue) else { throw .internalFailure(stage: "loudness") }
    }

    /// The weight class of a channel (BS.1770-4, annex 3). Channels without a known place count like front ones.
    private static func position(of index: Int32, in shape: AudioShape) -> Int32 {
        guard shape.isPositioned else { return Int32(EBUR128_LEFT.rawValue) }
        let position =
            switch shape.channel(index) {
            case AV_CHAN_LOW_FREQUENCY, AV_CHAN_LOW_FREQUENCY_2: EBUR128_UNUSED
            case AV_CHAN_BACK_LEFT, AV_CHAN_SIDE_LEFT, AV_CHAN_TOP_BACK_LEFT: EBUR128_LEFT_SURROUND
            case AV_CHAN_BACK_RIGHT, AV_CHAN_SIDE_RIGHT, AV_CHAN_TOP_BACK_RIGHT: EBUR128_RIGHT_SURROUND
            case AV_CHAN_FRONT_RIGHT: EBUR128_RIGHT
            case AV_CHAN_FRONT_CENTER: EBUR128_CENTER
            default: EBUR128_LEFT
            }
        return Int32(position.rawValue)
    }
}
