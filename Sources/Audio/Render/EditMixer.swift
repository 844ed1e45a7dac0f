import Core

/// What an edit sounds like before anything is done to it as a whole: segments with their gains, fades and crossfades,
/// added up in double precision. Used from one thread.
///
/// Sample i of a segment is multiplied by `EditEnvelope.amplitude(at: i)`. With a gain of 0 dB and without fades that
/// is 1, and the samples of the source come through as they are. Nothing is clipped here.
final class EditMixer {
    /// The most samples of one channel that are mixed at once.
    static let maximumBlock = 16_384
    /// Where a source is only looked at.
    private static let noSegment = -1

    let list: EditList
    /// 1 or 2: those of the first source that is heard.
    let channels: Int
    private let timeline: EditTimeline
    private let sources: SourcePool
    private let scratch: UnsafeMutablePointer<Double>
    /// Behind what was rendered last.
    private var position: Int64 = 0

    /// - Parameters:
    ///   - sources: a descriptor for each recording that is heard. They must stay open.
    ///   - points: places in recordings that the analysis noted, in order.
    ///   - tick: called now and then while a source is brought to its place.
    /// - Throws: `sourceMissing`, and what opening the first recording throws.
    init(
        _ list: EditList, sources descriptors: [Recording.ID: Int32],
        points: [Recording.ID: [SeekIndex.Point]] = [:], limits: MediaOptions,
        tick: @escaping () -> Void = {}
    ) throws(MediaError) {
        let used = list.usedSources
        if let missing = used.first(where: { descriptors[$0] == nil }) {
            throw .sourceMissing(recording: "\(missing)")
        }
        self.list = list
        timeline = EditTimeline(list)
        let sources = SourcePool(
            descriptors, points: points, sampleRate: list.sampleRate, limits: limits, tick: tick)
        self.sources = sources
        if let first = used.first {
            channels = try sources.reader(of: first, for: Self.noSegment).channels
            sources.releaseAll()
        } else {
            channels = 1
        }
        scratch = .allocate(capacity: Self.maximumBlock * 2)
    }

    deinit {
        scratch.deallocate()
    }

    /// The gain, in dB, with which the edit is the whole of one source and nothing else; nil where it is more than
    /// that.
    func gainOfWholeSource() throws(MediaError) -> Double? {
        guard let merged = try? list.coalesced(), merged.segments.count == 1, let segment = merged.segments.first,
            let recording = segment.source, let source = list.source(recording), segment.start == 0,
            segment.end == source.length, segment.fadeIn == 0, segment.fadeOut == 0
        else { return nil }
        let isExact = try sources.reader(of: recording, for: Self.noSegment).isExact
        sources.releaseAll()
        return isExact ? segment.gain : nil
    }

    /// Mixes a range of the edit, at most `maximumBlock` long and within the edit, into interleaved samples.
    func render(_ range: Range<Int64>, into mix: UnsafeMutablePointer<Double>) throws(MediaError) {
        if range.lowerBound != position { sources.releaseAll() }
        position = range.upperBound
        // Segments come in order and without gaps: up to here there are samples to be added to.
        var written = range.lowerBound
        for piece in timeline.pieces(in: range) {
            try read(piece)
            amplify(piece)
            let count = Int(piece.length) * channels
            let overlap = Int(max(0, min(piece.length, written - piece.position))) * channels
            let target = mix + Int(piece.position - range.lowerBound) * channels
            var index = 0
            while index < overlap {
                target[index] += scratch[index]
                index &+= 1
            }
            (target + overlap).update(from: scratch + overlap, count: count - overlap)
            written = max(written, piece.position + piece.length)
        }
    }

    /// Reads a piece into the scratch memory, in the channels of the edit.
    private func read(_ piece: EditPiece) throws(MediaError) {
        let count = Int(piece.length)
        guard let recording = piece.source else {
            scratch.update(repeating: 0, count: count * channels)
            return
        }
        let reader = try sources.reader(of: recording, for: piece.segment)
        try reader.read(from: piece.sourceRange.lowerBound, count: count, into: scratch)
        if piece.offset + piece.length == piece.envelope.length { sources.release(piece.segment) }
        switch (reader.channels, channels) {
        case (1, 2): spread(count)
        case (2, 1): merge(count)
        default: break
        }
    }

    /// One channel is heard equally on both sides, as loud as it is.
    private func spread(_ count: Int) {
        var index = count
        while index > 0 {
            index &-= 1
            let value = scratch[index]
            scratch[index &* 2] = value
            scratch[index &* 2 &+ 1] = value
        }
    }

    /// Two channels become their mean.
    private func merge(_ count: Int) {
        var index = 0
        while index < count {
            scratch[index] = (scratch[index &* 2] + scratch[index &* 2 &+ 1]) * 0.5
            index &+= 1
        }
    }

    /// Applies gain and fades to the scratch memory.
    private func amplify(_ piece: EditPiece) {
        let envelope = piece.envelope
        let segment = piece.offset..<(piece.offset + piece.length)
        let steady = envelope.steady.clamped(to: segment)
        fade(segment.lowerBound..<steady.lowerBound, of: piece)
        if envelope.amplification != 1 {
            var index = Int(steady.lowerBound - piece.offset) * channels
            let end = Int(steady.upperBound - piece.offset) * channels
            let factor = envelope.amplification
            while index < end {
                scratch[index] *= factor
                index &+= 1
            }
        }
        fade(steady.upperBound..<segment.upperBound, of: piece)
    }

    /// Applies the amplitude of each sample of a part of a segment.
    private func fade(_ part: Range<Int64>, of piece: EditPiece) {
        for offset in part {
            let amplitude = piece.envelope.amplitude(at: offset)
            let first = Int(offset - piece.offset) * channels
            for index in first..<(first + channels) { scratch[index] *= amplitude }
        }
    }
}
