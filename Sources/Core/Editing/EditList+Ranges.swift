extension EditList {
    /// Keeps the range only.
    func trimmed(to range: Range<Int64>) throws(EditError) -> EditList {
        try removing([0..<range.lowerBound, range.upperBound..<length])
    }

    /// Removes ranges that are in order, do not overlap and lie within the edit. Empty ones change nothing.
    func removing(_ ranges: [Range<Int64>]) throws(EditError) -> EditList {
        let ranges = ranges.filter { !$0.isEmpty }
        let joints = try EditJoints(self, at: ranges.flatMap { [$0.lowerBound, $0.upperBound] }, .shorten)
        var kept: [EditSegment] = []
        var next = 0
        for (segment, start) in zip(joints.segments, joints.starts) {
            while next < ranges.count, ranges[next].upperBound <= start { next += 1 }
            // No segment reaches over a boundary: where it begins says where it is.
            if next == ranges.count || start < ranges[next].lowerBound { kept.append(segment) }
        }
        return try with(segments: kept)
    }

    /// Divides the segment at the position.
    func split(at position: Int64) throws(EditError) -> EditList {
        guard position > 0, position < length else {
            throw EditError(.range, "Split this edit inside: at 1 to \(length - 1).", field: "at")
        }
        do throws(EditError) {
            return try with(segments: EditJoints(self, at: [position], .refuse).segments)
        } catch {
            throw error.reason == .inFade ? error.within("at") : error
        }
    }

    /// Inserts the segment; what is behind the position moves back.
    func inserting(_ segment: EditSegment, at position: Int64) throws(EditError) -> EditList {
        try checkPosition(position, field: "at")
        let joints = try EditJoints(self, at: [position], .shorten)
        var segments = joints.segments
        segments.insert(segment, at: joints.index(at: position))
        return try with(segments: segments)
    }

    /// Takes the range out and inserts it at a position outside it. At one of its ends, nothing changes.
    func moving(_ range: Range<Int64>, to position: Int64) throws(EditError) -> EditList {
        try checkPosition(position, field: "to")
        if position == range.lowerBound || position == range.upperBound { return self }
        guard !range.contains(position) else {
            throw EditError(
                .range,
                "A range cannot be moved into itself: choose a place before \(range.lowerBound) or behind "
                    + "\(range.upperBound).", field: "to")
        }
        let boundaries = [range.lowerBound, range.upperBound, position].sorted()
        let joints = try EditJoints(self, at: boundaries, .shorten)
        let moved = joints.index(at: range.lowerBound)..<joints.index(at: range.upperBound)
        let target = joints.index(at: position)
        var segments = joints.segments
        segments.removeSubrange(moved)
        segments.insert(
            contentsOf: joints.segments[moved], at: target < moved.upperBound ? target : target - moved.count)
        return try with(segments: segments)
    }

    /// Adds to the gain of every segment in the range, which is split off at its ends.
    func amplifying(_ range: Range<Int64>, by decibels: Double) throws(EditError) -> EditList {
        guard EditOperation.gainChanges.contains(decibels) else {
            throw EditError(.gain, "A gain changes by −180 to 180 dB.", field: "decibels")
        }
        let joints = try EditJoints(self, at: [range.lowerBound, range.upperBound], .refuse)
        var segments = joints.segments
        for index in joints.index(at: range.lowerBound)..<joints.index(at: range.upperBound) {
            segments[index].gain += decibels
            guard EditSegment.gains.contains(segments[index].gain) else {
                throw EditError(
                    .gain, "The gain would be \(segments[index].gain) dB at one place; it may be −120 to 60 dB.",
                    field: "decibels")
            }
        }
        return try with(segments: segments)
    }

    /// A range of one of the sources, all of it where nothing else is said.
    func part(of recording: Recording.ID, from start: Int64?, to end: Int64?) throws(EditError) -> EditSegment {
        guard let source = source(recording) else {
            throw EditError(
                .source, "The recording \(recording) is no source of the edit. Add it first.", field: "recording")
        }
        let start = start ?? 0
        let end = end ?? source.length
        guard start >= 0, start < source.length else {
            throw EditError(.range, "A range of this recording starts at 0 to \(source.length - 1).", field: "start")
        }
        guard end > start, end <= source.length else {
            throw EditError(
                .range, "This range ends behind its start, at \(source.length) at the latest.", field: "end")
        }
        return EditSegment(source: recording, start: start, end: end)
    }

    /// A segment of silence.
    func silence(_ length: Int64) throws(EditError) -> EditSegment {
        guard (1...Self.maximumLength).contains(length) else {
            throw EditError(.range, "Silence has 1 to \(Self.maximumLength) samples.", field: "length")
        }
        return .silence(length)
    }

    private func checkPosition(_ position: Int64, field: String) throws(EditError) {
        guard (0...length).contains(position) else {
            throw EditError(.range, "A position in this edit is 0 to \(length).", field: field)
        }
    }
}
