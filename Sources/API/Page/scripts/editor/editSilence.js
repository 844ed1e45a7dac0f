// What removing silence would take out of an edit, reckoned as the server does it (Core/Editing/EditList+Silence and
// SilenceMap+Ranges), so that the preview shows what will go. Pure.

import { partitionPoint, timelineOf } from "./editSegments.js";

/** A silence map (`items` in milliseconds) as ranges in samples. Nothing audible counts as silent. */
export function silentSamples(map, rate, length) {
    const lastMs = Math.floor((length * 1000) / rate);
    const ranges = [];
    for (const { startMs, endMs } of map.items) {
        if (startMs > lastMs || endMs <= 0) continue;
        const start = startMs <= 0 ? 0 : Math.ceil(((startMs + 1) * rate) / 1000);
        const end = endMs >= lastMs ? length : Math.floor((endMs * rate) / 1000);
        if (start < end && start >= (ranges.at(-1)?.end ?? 0)) ranges.push({ start, end });
    }
    return ranges;
}

/**
 * The ranges of the edit that would go. `silences` is a Map from recordings to ranges in samples; what a source has
 * that is not in it stays. Each segment is looked at by itself; inserted silence and crossfades stay.
 */
export function goingRanges(list, silences, minimum, keep) {
    const { segments, starts, ends } = timelineOf(list);
    const ranges = [];
    segments.forEach((segment, index) => {
        const silent = segment.source === null ? null : silences.get(segment.source);
        if (!silent) return;
        const shift = starts[index] - segment.start;
        const from = starts[index] + segment.overlap - shift;
        const to = ends[index] - (segments[index + 1]?.overlap ?? 0) - shift;
        const first = partitionPoint(0, silent.length, (place) => silent[place].end > from);
        for (let place = first; place < silent.length && silent[place].start < to; place += 1) {
            const start = Math.max(from, silent[place].start);
            const end = Math.min(to, silent[place].end);
            if (end - start < minimum || start + keep >= end - keep) continue;
            const going = { start: start + keep + shift, end: end - keep + shift };
            const last = ranges.at(-1);
            if (last && last.end === going.start) last.end = going.end;
            else ranges.push(going);
        }
    });
    return ranges;
}

export function totalLength(ranges) {
    return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The sources of a list whose silence is not known here. */
export function unknownSources(list, silences) {
    return list.sources.filter(({ recording }) => !silences.has(recording)
        && list.segments.some(({ source }) => source === recording));
}
