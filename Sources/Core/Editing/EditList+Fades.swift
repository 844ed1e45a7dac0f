extension EditList {
    /// Sets the fades of one segment; nil leaves one as it is.
    /// - Parameter fields: what errors call the two lengths.
    func fading(
        _ index: Int, in fadeIn: Int64?, out fadeOut: Int64?, fields: (in: String, out: String)
    ) throws(EditError) -> EditList {
        guard segments.indices.contains(index) else {
            throw EditError(.segment, "The segments have the numbers 0 to \(segments.count - 1).", field: "segment")
        }
        guard fadeIn != nil || fadeOut != nil else {
            throw EditError(.field, "Say how long the fade-in or the fade-out shall be.", field: fields.in)
        }
        var segment = segments[index]
        segment.fadeIn = fadeIn ?? segment.fadeIn
        segment.fadeOut = fadeOut ?? segment.fadeOut
        // Where both are set, the fade-in may take the whole segment, and the fade-out what is left of it.
        let mostIn = segment.length - (fadeOut == nil ? segment.fadeOut : 0)
        guard segment.fadeIn >= 0, segment.fadeIn <= mostIn else {
            throw EditError(
                .fade, "At most \(mostIn) samples can be faded in here; choose 0 to \(mostIn).", field: fields.in)
        }
        let mostOut = segment.length - segment.fadeIn
        guard segment.fadeOut >= 0, segment.fadeOut <= mostOut else {
            throw EditError(
                .fade, "At most \(mostOut) samples can be faded out here; choose 0 to \(mostOut).", field: fields.out)
        }
        var changed = segments
        changed[index] = segment
        return try with(segments: changed)
    }

    /// Sets by how much the two segments overlap that meet at the joint.
    func crossfading(at position: Int64, length: Int64) throws(EditError) -> EditList {
        let timeline = EditTimeline(self)
        guard let index = timeline.joint(at: position) else {
            throw EditError(.joint, noJoint(at: position, timeline), field: "at")
        }
        let most = min(
            segments[index - 1].length - segments[index - 1].overlap,
            segments[index].length - timeline.overlap(behind: index))
        guard length >= 0, length <= most else {
            throw EditError(
                .overlap, "At most \(most) samples can be crossfaded here; choose 0 to \(most).", field: "length")
        }
        var changed = segments
        changed[index].overlap = length
        return try with(segments: changed)
    }

    private func noJoint(at position: Int64, _ timeline: EditTimeline) -> String {
        // A position may be any number: compared as numbers that cannot overflow.
        let nearest = timeline.starts.dropFirst().min {
            abs(Double($0) - Double(position)) < abs(Double($1) - Double(position))
        }
        guard let nearest else { return "The edit has one segment only, so that nothing meets; split it first." }
        return "No two segments meet at \(position); the nearest joint is at \(nearest)."
    }
}

extension EditTimeline {
    /// The later of the two segments that meet at the position; nil where none do.
    ///
    /// Two segments begin at one place only where the second overlaps with all of the first. The joint of these two is
    /// meant then: nothing could overlap with the first one from the other side.
    fileprivate func joint(at position: Int64) -> Int? {
        let index = starts.indices.partitionPoint { starts[$0] > position } - 1
        return index > 0 && starts[index] == position ? index : nil
    }
}
