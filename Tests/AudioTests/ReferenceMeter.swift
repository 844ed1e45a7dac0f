import CEBUR128

@testable import Audio

/// libebur128, the implementation that ours has to agree with. It interpolates every sample.
final class ReferenceMeter {
    private var state: UnsafeMutablePointer<ebur128_state>?
    private let channels: Int

    init?(rate: Int, channels: Int) {
        let modes = [EBUR128_MODE_I, EBUR128_MODE_TRUE_PEAK].reduce(0) { $0 | $1.rawValue }
        guard let state = ebur128_init(UInt32(channels), UInt(rate), Int32(bitPattern: modes)) else { return nil }
        self.state = state
        self.channels = channels
    }

    deinit {
        ebur128_destroy(&state)
    }

    func place(_ channels: [EBUR128Channel]) {
        for (index, channel) in channels.enumerated() {
            ebur128_set_channel(state, UInt32(index), Int32(channel.rawValue))
        }
    }

    func add(_ samples: [Float]) {
        ebur128_add_frames_float(state, samples, samples.count / channels)
    }

    var truePeak: Double {
        (0..<channels).reduce(0) { peak, channel in
            var value = 0.0
            ebur128_true_peak(state, UInt32(channel), &value)
            return max(peak, value)
        }
    }

    /// Of the last 100 ms.
    var latestLUFS: Double {
        var value = 0.0
        ebur128_loudness_window(state, 100, &value)
        return value
    }

    var integratedLUFS: Double {
        var value = 0.0
        ebur128_loudness_global(state, &value)
        return value
    }
}

typealias EBUR128Channel = channel
