extension EditList {
    /// What removing silence would take out of the edit: ranges in order that neither overlap nor touch.
    ///
    /// Each segment is looked at by itself: what it has of a silent range counts where it has at least `minimum`
    /// samples, and `keep` samples stay at each of its sides. Inserted silence stays, because somebody wanted it there,
    /// and so does what lies in a crossfade, because another segment sounds there.
    /// - Parameters:
    ///   - silences: for each source where it is silent, in samples at the rate of the edit, in order and without
    ///     overlap.
    ///   - minimum: samples, 1 to ``maximumLength``.
    ///   - keep: samples, 0 to ``maximumLength``.
    /// - Throws: ``EditError`` for a source without an entry, for ranges out of order, for numbers outside the bounds,
    ///   and for more than ``maximumSegments`` ranges.
    public func silentRanges(
        _ silences: [Recording.ID: [Range<Int64>]], minimum: Int64, keep: Int64
    ) throws(EditError) -> [Range<Int64>] {
        guard (1...Self.maximumLength).contains(minimum) else {
            throw EditError(.silence, "Silence to remove has at least 1 sample.", field: "minimum")
        }
        guard (0...Self.maximumLength).contains(keep) else {
            throw EditError(.silence, "Of the silence, 0 samples or more are kept at each side.", field: "keep")
        }
        let long = try inOrder(silences, longerThan: max(minimum - 1, 2 * keep))
        let timeline = EditTimeline(self)
        var ranges: [Range<Int64>] = []
        for (index, segment) in segments.enumerated() {
            guard let recording = segment.source else { continue }
            guard let silent = long[recording] else { throw Self.unknownSilence(recording) }
            for stretch in timeline.silent(silent, in: timeline.alone(index), of: index) {
                let going = (start: stretch.lowerBound + keep, end: stretch.upperBound - keep)
                guard stretch.upperBound - stretch.lowerBound >= minimum, going.start < going.end else { continue }
                ranges.appendMerging(going.start..<going.end)
                guard ranges.count <= Self.maximumSegments else { throw Self.tooManySilences }
            }
        }
        return ranges
    }

    /// Removes the silent ranges.
    func removingSilence(
        threshold: Double?, _ silences: [Recording.ID: [Range<Int64>]], minimum: Int64, keep: Int64
    ) throws(EditError) -> EditList {
        guard threshold.map(EditOperation.thresholds.contains) ?? true else {
            throw EditError(.silence, "The level of silence is −120 to 0 dBFS.", field: "threshold")
        }
        return try removing(silentRanges(silences, minimum: minimum, keep: keep))
    }

    /// Of each source, the silent ranges that are longer than so many samples. What is shorter cannot go, and leaving
    /// it out here bounds the work: most of what is left goes.
    private func inOrder(
        _ silences: [Recording.ID: [Range<Int64>]], longerThan samples: Int64
    ) throws(EditError) -> [Recording.ID: [Range<Int64>]] {
        var long: [Recording.ID: [Range<Int64>]] = [:]
        for source in sources {
            guard let ranges = silences[source.recording] else { continue }
            guard zip(ranges, ranges.dropFirst()).allSatisfy({ $0.upperBound <= $1.lowerBound }) else {
                throw EditError(
                    .silence,
                    "The silent ranges of the recording \(source.recording) are not in order. Process it again.")
            }
            long[source.recording] = ranges.lazy.map { $0.clamped(to: 0..<source.length) }
                .filter { $0.upperBound - $0.lowerBound > samples }
        }
        return long
    }

    private static func unknownSilence(_ recording: Recording.ID) -> EditError {
        EditError(
            .silence,
            "It is not known yet where the recording \(recording) is silent. Try again once it is analysed.")
    }

    private static let tooManySilences = EditError(
        .tooManySegments, "There are too many silent ranges. Ask for longer ones.", field: "minimum")
}

extension EditTimeline {
    /// Where the edit is silent: ranges in order that neither overlap nor touch.
    ///
    /// Inserted silence is silent, a crossfade is where both of its sides are, and a source without an entry never is.
    /// - Parameters:
    ///   - silences: for each source where it is silent, in samples at the rate of the edit, in order and without
    ///     overlap.
    ///   - limit: how many ranges there may be; those behind are left out.
    public func mapSilences(
        _ silences: [Recording.ID: [Range<Int64>]], limit: Int = SilenceMap.maximumItems
    ) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        for (index, segment) in list.segments.enumerated() {
            let own = silence(of: segment, silences)
            if index > 0, segment.overlap > 0 {
                let crossfade = starts[index]..<(starts[index] + segment.overlap)
                let others = silence(of: list.segments[index - 1], silences)
                for other in silent(others, in: crossfade, of: index - 1) {
                    for stretch in silent(own, in: other, of: index) { ranges.appendMerging(stretch) }
                }
            }
            for stretch in silent(own, in: alone(index), of: index) { ranges.appendMerging(stretch) }
            if ranges.count > limit { return Array(ranges.prefix(max(0, limit))) }
        }
        return ranges
    }

    /// Where what the segment takes from is silent.
    private func silence(of segment: EditSegment, _ silences: [Recording.ID: [Range<Int64>]]) -> [Range<Int64>] {
        guard let source = segment.source else { return [0..<EditList.maximumLength] }
        return silences[source] ?? []
    }

    /// What a region has of the silent ranges of the segment's source, as positions in the edit. The segment must cover
    /// the region.
    fileprivate func silent(_ ranges: [Range<Int64>], in region: Range<Int64>, of index: Int) -> [Range<Int64>] {
        let shift = starts[index] - list.segments[index].start
        let wanted = (region.lowerBound - shift)..<(region.upperBound - shift)
        let first = ranges.indices.partitionPoint { ranges[$0].upperBound > wanted.lowerBound }
        return ranges[first...].prefix { $0.lowerBound < wanted.upperBound }.map { range in
            let part = range.clamped(to: wanted)
            return (part.lowerBound + shift)..<(part.upperBound + shift)
        }
    }
}

extension [Range<Int64>] {
    /// Appends a range that does not begin before the last one ends; one that begins right there makes the last longer.
    fileprivate mutating func appendMerging(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        if let last, last.upperBound == range.lowerBound {
            self[count - 1] = last.lowerBound..<range.upperBound
        } else {
            append(range)
        }
    }
}
