/// Where each segment of an edit begins, for fast look-ups: made once in O(n), asked in O(log n).
///
/// At most two segments sound at a time, because the overlaps at both ends of a segment never meet.
public struct EditTimeline: Sendable, Hashable {
    public let list: EditList
    /// Where each segment begins; ascending, and equal where a segment is overlapped as a whole.
    let starts: [Int64]

    public init(_ list: EditList) {
        self.list = list
        var starts: [Int64] = []
        starts.reserveCapacity(list.segments.count)
        var end: Int64 = 0
        for segment in list.segments {
            starts.append(end - segment.overlap)
            end += segment.length - segment.overlap
        }
        self.starts = starts
    }

    /// Samples in all.
    public var length: Int64 { list.length }

    /// Where the segment with the index begins; nil where there is none.
    public func position(of index: Int) -> Int64? {
        starts.indices.contains(index) ? starts[index] : nil
    }

    /// The segments that sound in the range, as indices; empty for a range that is empty or outside.
    public func segments(in range: Range<Int64>) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        let first = starts.indices.partitionPoint { end(of: $0) > range.lowerBound }
        let behind = starts.indices.partitionPoint { starts[$0] >= range.upperBound }
        return first..<max(first, behind)
    }

    /// What has to be read to render the range, in the order of the segments. Where segments overlap, there are two
    /// pieces, and the sum of both is heard.
    ///
    /// What lies outside the edit is left out.
    public func pieces(in range: Range<Int64>) -> [EditPiece] {
        let range = range.clamped(to: 0..<length)
        return segments(in: range).map { index in
            let segment = list.segments[index]
            let part = range.clamped(to: starts[index]..<end(of: index))
            let offset = part.lowerBound - starts[index]
            let first = segment.start + offset
            let length = part.upperBound - part.lowerBound
            return EditPiece(
                segment: index, source: segment.source, sourceRange: first..<(first + length),
                position: part.lowerBound, offset: offset, envelope: envelope(of: index))
        }
    }

    /// How loud the segment is from its beginning to its end.
    private func envelope(of index: Int) -> EditEnvelope {
        let segment = list.segments[index]
        return EditEnvelope(
            length: segment.length, gain: segment.gain, fadeIn: segment.fadeIn, fadeOut: segment.fadeOut,
            crossfadeIn: segment.overlap, crossfadeOut: overlap(behind: index))
    }

    /// Where the segment ends.
    func end(of index: Int) -> Int64 { starts[index] + list.segments[index].length }

    /// By how much the next segment overlaps with this one.
    func overlap(behind index: Int) -> Int64 {
        index + 1 < list.segments.count ? list.segments[index + 1].overlap : 0
    }

    /// The range in which nothing but this segment sounds. It may be empty.
    func alone(_ index: Int) -> Range<Int64> {
        (starts[index] + list.segments[index].overlap)..<(end(of: index) - overlap(behind: index))
    }
}

extension Range<Int> {
    /// The first index from which on the condition holds, found by halving; the upper bound where it never does.
    ///
    /// The condition must not hold before any index for which it does not.
    func partitionPoint(_ holds: (Int) -> Bool) -> Int {
        var low = lowerBound
        var high = upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
