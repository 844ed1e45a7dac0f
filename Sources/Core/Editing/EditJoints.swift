/// What happens to a fade or a crossfade that a boundary falls into.
enum BoundaryRule {
    /// The fade is shortened on each side, the crossfade is turned off: see ``EditOperation``.
    case shorten
    /// The operation is refused.
    case refuse
}

/// The segments of an edit with a joint at each of some positions.
///
/// No segment lies on both sides of such a position, and the one that begins there does not overlap with the one
/// before, so that whole segments can be taken out, moved and put between. Nothing is at another position than before.
struct EditJoints {
    private(set) var segments: [EditSegment]
    /// Where each segment begins, ascending.
    private(set) var starts: [Int64]

    /// - Parameter positions: ascending; what is outside the edit is passed over.
    /// - Throws: ``EditError`` for a position inside a fade or a crossfade where the rule refuses that.
    init(_ list: EditList, at positions: [Int64], _ rule: BoundaryRule) throws(EditError) {
        segments = list.segments
        starts = EditTimeline(list).starts
        try endCrossfades(at: positions, rule)
        try divide(at: positions, rule)
    }

    /// The first segment that begins at the position or behind it; their number for a position at the end.
    func index(at position: Int64) -> Int {
        starts.indices.partitionPoint { starts[$0] >= position }
    }

    /// Turns off each crossfade that a position lies in: the earlier segment ends there, the later one begins there.
    private mutating func endCrossfades(at positions: [Int64], _ rule: BoundaryRule) throws(EditError) {
        for index in segments.indices.dropFirst() where segments[index].overlap > 0 {
            let later = segments[index]
            guard let position = Self.first(of: positions, between: starts[index], and: starts[index] + later.overlap)
            else { continue }
            guard rule == .shorten else { throw Self.refusal(position, "a crossfade") }
            segments[index - 1] = segments[index - 1].part(0..<(position - starts[index - 1]))
            segments[index] = later.part((position - starts[index])..<later.length)
            starts[index] = position
        }
    }

    /// Divides each segment at every position inside it.
    private mutating func divide(at positions: [Int64], _ rule: BoundaryRule) throws(EditError) {
        var parts: [EditSegment] = []
        var partStarts: [Int64] = []
        for (segment, start) in zip(segments, starts) {
            var from: Int64 = 0
            while let position = Self.first(of: positions, between: start + from, and: start + segment.length) {
                let offset = position - start
                if rule == .refuse, segment.isFading(at: offset) { throw Self.refusal(position, "a fade") }
                parts.append(segment.part(from..<offset))
                partStarts.append(start + from)
                from = offset
            }
            parts.append(segment.part(from..<segment.length))
            partStarts.append(start + from)
        }
        segments = parts
        starts = partStarts
    }

    /// The first of the positions that lies strictly between the two.
    private static func first(of positions: [Int64], between low: Int64, and high: Int64) -> Int64? {
        let index = positions.indices.partitionPoint { positions[$0] > low }
        guard index < positions.count, positions[index] < high else { return nil }
        return positions[index]
    }

    private static func refusal(_ position: Int64, _ place: String) -> EditError {
        EditError(
            .inFade,
            "Position \(position) lies inside \(place), which cannot be divided. Choose another one, or remove "
                + "\(place == "a fade" ? "the fade" : "the crossfade") first.")
    }
}
