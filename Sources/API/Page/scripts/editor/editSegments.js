// Where the segments of an edit are, as the server counts it (Core/Editing/EditTimeline). Pure.

/** A list with the start and the end of each segment. */
export function timelineOf(list) {
    const starts = [];
    const ends = [];
    let end = 0;
    for (const segment of list.segments) {
        const start = end - segment.overlap;
        starts.push(start);
        end = start + segment.end - segment.start;
        ends.push(end);
    }
    return { segments: list.segments, starts, ends, length: end };
}

/** The first index from which on the condition holds. */
export function partitionPoint(low, high, holds) {
    let from = low;
    let to = high;
    while (from < to) {
        const middle = (from + to) >> 1;
        if (holds(middle)) to = middle;
        else from = middle + 1;
    }
    return from;
}

/** The segment that is heard at a position; the later one in a crossfade, the last one at the end. */
export function segmentAt(timeline, position) {
    const behind = partitionPoint(0, timeline.starts.length, (index) => timeline.starts[index] > position);
    return Math.max(0, behind - 1);
}

/** The segments that sound in a range, as `{first, behind}`. */
export function segmentsIn(timeline, start, end) {
    const { starts, ends } = timeline;
    const first = partitionPoint(0, ends.length, (index) => ends[index] > start);
    return { first, behind: Math.max(first, partitionPoint(0, starts.length, (index) => starts[index] >= end)) };
}

/** The segment whose beginning is the joint nearest to the position; null where there is one segment only. */
export function nearestJoint(timeline, position) {
    const { starts } = timeline;
    if (starts.length < 2) return null;
    const behind = partitionPoint(1, starts.length, (index) => starts[index] > position);
    const around = [behind - 1, behind].filter((index) => index >= 1 && index < starts.length);
    return around.reduce((best, index) => (
        Math.abs(starts[index] - position) < Math.abs(starts[best] - position) ? index : best));
}

/** How long a crossfade may be at the joint before the segment. */
export function longestCrossfade(timeline, index) {
    const { segments, starts, ends } = timeline;
    const behind = segments[index + 1]?.overlap ?? 0;
    return Math.min(ends[index - 1] - starts[index - 1] - segments[index - 1].overlap,
        ends[index] - starts[index] - behind);
}

/** How long the fade at one side of a segment may be: what the other one leaves. */
export function longestFade(segment, side) {
    return segment.end - segment.start - (side === "in" ? segment.fadeOut : segment.fadeIn);
}
