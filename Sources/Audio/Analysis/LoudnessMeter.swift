import CLibAV
import Core
import Glibc

/// Measures loudness, range and true peak. Used from one thread.
///
/// The weighted energy of each 100 ms is put together to blocks of 400 ms and 3 s, and gated, here: libebur128's own
/// lists of blocks grow with the recording, its own histogram rounds to 0.1 LU. Its readings are what tests compare
/// these with.
final class LoudnessMeter {
    /// The most samples of one channel that are worked on at once.
    private static let chunkSamples = 4_096

    private let channels: [MeasuredChannel]
    /// Samples of one channel in 100 ms.
    private let stepSamples: Int
    private var stepFill = 0
    /// The weighted energy of the step so far.
    private var stepEnergy = 0.0
    /// The mean energies of the last three seconds' steps, in a ring.
    private var steps = [Double](repeating: 0, count: 30)
    private var stepCount = 0
    private var momentary = GatedHistogram()
    private var shortTerm = GatedHistogram()

    init(shape: AudioShape) {
        stepSamples = max(1, Int(shape.rate) / 10)
        let room = min(stepSamples, Self.chunkSamples)
        channels = (0..<shape.channels).map {
            MeasuredChannel(rate: shape.rate, weight: Self.weight(of: $0, in: shape), room: room)
        }
    }

    /// Takes interleaved samples of 16 bit; `count` is of one channel.
    func add(_ samples: UnsafePointer<Int16>, count: Int) {
        measure(count) { channel, index, done, part in
            channel.add(samples + done * channels.count + index, stride: channels.count, count: part)
        }
    }

    /// Takes interleaved floating-point samples; `count` is of one channel.
    func add(_ samples: UnsafePointer<Float>, count: Int) {
        measure(count) { channel, index, done, part in
            channel.add(samples + done * channels.count + index, stride: channels.count, count: part)
        }
    }

    /// The loudness of all that was added.
    func result() -> Loudness {
        let peak = truePeak
        return Loudness(
            integratedLUFS: momentary.gatedLoudness(relativeGate: -10).map(Self.rounded),
            rangeLU: shortTerm.range(relativeGate: -20, low: 0.10, high: 0.95).map(Self.rounded),
            truePeakDBTP: peak > 0 ? Self.rounded(20 * log10(peak)) : nil)
    }

    /// The highest true peak of the channels, relative to full scale.
    var truePeak: Double { channels.reduce(0) { max($0, $1.truePeak) } }

    /// More than 0.01 LU is neither measured nor of use.
    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    private func measure(
        _ count: Int, _ add: (_ channel: MeasuredChannel, _ index: Int, _ done: Int, _ part: Int) -> Double
    ) {
        var done = 0
        while done < count {
            let part = min(count - done, stepSamples - stepFill, Self.chunkSamples)
            for (index, channel) in channels.enumerated() { stepEnergy += add(channel, index, done, part) }
            done += part
            stepFill += part
            if stepFill == stepSamples { endStep() }
        }
    }

    private func endStep() {
        let energy = stepEnergy / Double(stepSamples)
        stepFill = 0
        stepEnergy = 0
        steps[stepCount % 30] = energy.isFinite ? energy : 0
        stepCount += 1
        if stepCount >= 4 {
            let sum = (1...4).reduce(0.0) { $0 + steps[(stepCount - $1) % 30] }
            momentary.add(energy: sum / 4)
        }
        if stepCount >= 30 { shortTerm.add(energy: steps.reduce(0, +) / 30) }
    }

    /// The weight of a channel (BS.1770-4, table 3). Channels without a known place count like front ones.
    private static func weight(of index: Int32, in shape: AudioShape) -> Double {
        guard shape.isPositioned else { return 1 }
        return switch shape.channel(index) {
        case AV_CHAN_LOW_FREQUENCY, AV_CHAN_LOW_FREQUENCY_2: 0
        case AV_CHAN_BACK_LEFT, AV_CHAN_SIDE_LEFT, AV_CHAN_TOP_BACK_LEFT: 1.41
        case AV_CHAN_BACK_RIGHT, AV_CHAN_SIDE_RIGHT, AV_CHAN_TOP_BACK_RIGHT: 1.41
        default: 1
        }
    }
}
