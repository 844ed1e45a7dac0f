import CLibAV
import Core

/// One recording as samples at its own rate: read forwards in one pass as far as that is possible, and brought to any
/// other position exactly. Used from one thread.
///
/// Positions count samples of one channel from the first one that is heard. Behind a jump they come from the times that
/// the container states, afterwards, and from the beginning on, from counting. What lies behind the end is silence.
final class SourceTrack {
    /// How far ahead a position may lie to be reached by decoding what is between, in seconds.
    private static let reachSeconds: Int64 = 10
    /// How long before a position decoding begins, in seconds, so that decoders have found their way: Opus needs 80 ms
    /// (RFC 7845, section 4.6), MP3 its bit reservoir. Where an index leads too far, it is tried again from further
    /// before.
    private static let prerollSeconds: [Int64] = [1, 10]
    /// A container that states a position further before its beginning than this, in seconds, is not believed.
    private static let earliestSeconds: Int64 = -60

    /// Samples a second.
    let rate: Int32
    /// 1 or 2.
    let channels: Int
    /// What the recording has.
    let sourceChannels: Int
    private let descriptor: Int32
    private let limits: MediaOptions
    private let points: [SeekIndex.Point]
    private let tick: () -> Void
    private let frames: FrameQueue
    private var file: FrameSource
    /// The position behind the last sample that waits.
    private var next: Int64
    /// The length, once the end was seen.
    private var end: Int64?

    /// Opens the recording and decodes its first frame.
    /// - Parameters:
    ///   - descriptor: a regular file, read by position. It must stay open, and stays the caller's.
    ///   - points: places that the analysis noted, in order.
    ///   - tick: called now and then while the way to a position is long.
    init(
        descriptor: Int32, points: [SeekIndex.Point], limits: MediaOptions, tick: @escaping () -> Void
    ) throws(MediaError) {
        let file = try FrameSource(descriptor: descriptor, limits: limits)
        var first: FrameQueue?
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
            if let first {
                try first.append(frame)
            } else {
                let queue = try FrameQueue(first: frame, limits: limits)
                file.begin(with: frame)
                try queue.append(frame)
                first = queue
            }
        }
        while first == nil, try file.step(take) {}
        guard let first else { throw .damaged(container: file.container) }
        self.file = file
        self.descriptor = descriptor
        self.limits = limits
        self.points = points
        self.tick = tick
        frames = first
        rate = first.rate
        channels = first.channels
        sourceChannels = first.sourceChannels
        next = Int64(first.count)
    }

    /// About how many bytes it takes beyond what every source does.
    var bytes: Int { file.indexBytes }

    /// Reads exactly `count` samples of each channel, interleaved, from a position of 0 or more on.
    func read(from start: Int64, count: Int, into samples: UnsafeMutablePointer<Double>) throws(MediaError) {
        var done = 0
        if end.map({ start < $0 }) ?? true {
            try go(to: start)
            while done < count {
                if frames.isEmpty {
                    guard try decode(from: next) else { break }
                }
                let part = min(frames.count, count - done)
                frames.take(part, into: samples + done * channels)
                done += part
            }
        }
        (samples + done * channels).update(repeating: 0, count: (count - done) * channels)
    }

    /// The position of the first sample that waits.
    private var start: Int64 { next - Int64(frames.count) }

    /// Brings the position to the front of the queue, or the queue to be empty before it or at the end.
    private func go(to position: Int64) throws(MediaError) {
        let ahead = position - start
        let reach = Int64(rate) * Self.reachSeconds
        if ahead >= 0, ahead <= reach { return try pass(to: position) }
        let method = file.method
        switch method {
        case .bytes, .timestamps:
            if try seek(to: position) { return }
        case .packets:
            if try skip(to: position, isBehind: ahead < 0) { return }
        case .decoding: break
        }
        if method != .decoding || ahead < 0 { try reopen() }
        try pass(to: position)
    }

    /// Goes by the index; false where it leads nowhere.
    private func seek(to position: Int64) throws(MediaError) -> Bool {
        for seconds in Self.prerollSeconds {
            let target = max(0, position - Int64(rate) * seconds)
            guard file.seek(to: target, rate: rate) else { return false }
            if try locate(position) { return true }
        }
        return false
    }

    /// Goes by counting packets; false where that is not possible or not worth it.
    private func skip(to position: Int64, isBehind: Bool) throws(MediaError) -> Bool {
        let target = position - Int64(rate) * Self.prerollSeconds[0]
        // The first packets say what is to be left out of them, which has to be heeded when they are decoded.
        guard target > Int64(rate) else { return false }
        if try !jump(to: target, isBehind: isBehind), isBehind { try reopen() }
        let isThere = try file.skip(to: target, rate: rate, tick: tick)
        guard file.method == .packets else { return false }
        guard !isThere else { return try locate(position) }
        frames.removeAll()
        next = file.endPosition(rate: rate)
        end = next
        return true
    }

    /// Goes to the last place before the position that was noted, if that is nearer than where the file stands.
    private func jump(to position: Int64, isBehind: Bool) throws(MediaError) -> Bool {
        let known = points.last { file.position(of: $0, rate: rate) <= position }
        guard let known, isBehind || file.position(of: known, rate: rate) > next else { return false }
        if try file.jump(to: known) { return true }
        try reopen()
        return false
    }

    /// Decodes from where the file was placed until the position is at the front of the queue; false where it is not
    /// known where that was, or where it lies behind the position.
    private func locate(_ position: Int64) throws(MediaError) -> Bool {
        frames.removeAll()
        var isPlaced = false
        var isMissed = false
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
            if isMissed { return }
            if frames.isEmpty, !isPlaced || file.restatesPositions, let stated = statedPosition(of: frame) {
                isMissed = !isPlaced && stated > position
                if isMissed { return }
                // Behind a gap in the times, samples are counted, as the analysis does.
                if stated <= position { next = stated }
                isPlaced = true
            }
            if isPlaced { try keep(frame, from: position) }
        }
        while frames.isEmpty, !isMissed {
            tick()
            guard try file.step(take) else { break }
        }
        guard isPlaced, !isMissed else { return false }
        if frames.isEmpty {
            end = next
        } else {
            frames.drop(Int(clamping: position - start))
        }
        return true
    }

    private func statedPosition(of frame: UnsafePointer<AVFrame>) -> Int64? {
        guard let position = file.position(of: frame, rate: rate), position > Int64(rate) * Self.earliestSeconds else {
            return nil
        }
        return position
    }

    /// Decodes forward until the position is at the front of the queue, or the recording is over.
    private func pass(to position: Int64) throws(MediaError) {
        frames.drop(Int(clamping: position - start))
        while frames.isEmpty, next < position {
            tick()
            guard try decode(from: position) else { return }
            frames.drop(Int(clamping: position - start))
        }
    }

    /// Decodes one packet, or the rest at the end; false where nothing waits and nothing comes any more.
    private func decode(from position: Int64) throws(MediaError) -> Bool {
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
            try keep(frame, from: position)
        }
        if try file.step(take) { return true }
        if frames.isEmpty { end = next }
        return !frames.isEmpty
    }

    /// Puts the frame into the queue, unless all of it lies before the position.
    private func keep(_ frame: UnsafeMutablePointer<AVFrame>, from position: Int64) throws(MediaError) {
        let length = Int64(frame.pointee.nb_samples)
        if frames.isEmpty, frame.pointee.sample_rate == rate, next + length <= position {
            next += length
        } else {
            next += Int64(try frames.append(frame))
        }
    }

    /// Begins again with the first sample.
    private func reopen() throws(MediaError) {
        let fresh = try FrameSource(descriptor: descriptor, limits: limits)
        var isFirst = true
        frames.removeAll()
        next = 0
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
            if isFirst { fresh.begin(with: frame) }
            isFirst = false
            next += Int64(try frames.append(frame))
        }
        while isFirst, try fresh.step(take) {}
        file = fresh
    }
}
