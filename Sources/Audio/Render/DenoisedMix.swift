import Core

/// The mix of an edit with its noise taken out, from one position on in order. Used from one thread.
final class DenoisedMix {
    private let mixer: EditMixer
    private let reducer: NoiseReducer
    private let queue: SampleQueue
    private let block: UnsafeMutablePointer<Double>
    /// What goes into the reducer next.
    private var fed: Int64
    /// How much of what comes out belongs before the start.
    private var late: Int
    /// The position of the first sample that waits.
    private(set) var position: Int64

    init(_ mixer: EditMixer, from start: Int64) throws(MediaError) {
        self.mixer = mixer
        reducer = try NoiseReducer(
            rate: Int32(clamping: mixer.list.sampleRate), channels: mixer.channels,
            strength: mixer.list.settings.noiseReduction)
        queue = SampleQueue(channels: mixer.channels)
        block = .allocate(capacity: EditMixer.maximumBlock * mixer.channels)
        fed = start
        position = start
        late = reducer.delay
    }

    deinit {
        block.deallocate()
    }

    /// Reads exactly `count` samples of each channel; behind the end of the edit they are what the filter leaves.
    func read(_ count: Int, into samples: UnsafeMutablePointer<Double>) throws(MediaError) {
        var done = 0
        while done < count {
            if queue.isEmpty { try fill() }
            let part = min(queue.count, count - done)
            queue.take(part, into: samples + done * mixer.channels)
            done += part
        }
        position += Int64(count)
    }

    /// Passes over samples.
    func skip(to target: Int64) throws(MediaError) {
        while position < target {
            if queue.isEmpty { try fill() }
            let part = min(queue.count, Int(clamping: target - position))
            queue.drop(part)
            position += Int64(part)
        }
    }

    private func fill() throws(MediaError) {
        let length = mixer.list.length
        let count = Int(max(0, min(Int64(EditMixer.maximumBlock), length - fed)))
        if count > 0 {
            try mixer.render(fed..<(fed + Int64(count)), into: block)
            try reducer.push(block, count: count)
            fed += Int64(count)
        } else {
            block.update(repeating: 0, count: EditMixer.maximumBlock * mixer.channels)
            try reducer.push(block, count: EditMixer.maximumBlock)
        }
        while true {
            let pulled = try reducer.pull(into: block, room: EditMixer.maximumBlock)
            guard pulled > 0 else { return }
            let dropped = min(late, pulled)
            late -= dropped
            queue.append(block + dropped * mixer.channels, pulled - dropped)
        }
    }
}
