// What the buttons ask the server for: operations, and where cursor and selection are afterwards. Each takes
// `{selection, cursor, length}` in samples of what is heard now, and answers null where it makes no sense. Pure.

export function cut({ selection, length }) {
    if (!selection || selection.end - selection.start >= length) return null;
    return {
        operations: [{ op: "cut", start: selection.start, end: selection.end }],
        after: { cursor: selection.start, selection: null },
    };
}

export function trim({ selection, cursor, length }) {
    if (!selection || selection.end - selection.start >= length) return null;
    const kept = selection.end - selection.start;
    return {
        operations: [{ op: "trim", start: selection.start, end: selection.end }],
        after: { cursor: Math.min(kept, Math.max(0, cursor - selection.start)), selection: null },
    };
}

/** At the cursor; with a selection at both of its ends, so that it becomes a segment of its own. */
export function split({ selection, cursor, length }) {
    const places = selection ? [selection.start, selection.end] : [cursor];
    const inside = places.filter((at) => at > 0 && at < length);
    if (inside.length === 0) return null;
    return { operations: inside.map((at) => ({ op: "split", at })), after: {} };
}

export function insertSilence({ cursor }, samples) {
    if (samples < 1) return null;
    return {
        operations: [{ op: "insertSilence", at: cursor, length: samples }],
        after: { cursor, selection: { start: cursor, end: cursor + samples } },
    };
}

/** Of the selection, or of everything. */
export function gain({ selection, length }, decibels) {
    if (decibels === 0) return null;
    const { start, end } = selection ?? { start: 0, end: length };
    return { operations: [{ op: "gain", start, end, decibels }], after: {} };
}

export function move({ selection }, to) {
    if (!selection || (to >= selection.start && to <= selection.end)) return null;
    const samples = selection.end - selection.start;
    const start = to < selection.start ? to : to - samples;
    return {
        operations: [{ op: "move", start: selection.start, end: selection.end, to }],
        after: { cursor: start, selection: { start, end: start + samples } },
    };
}

/** The recording goes in where the cursor is; how long it is in the edit, the answer tells. */
export function join({ cursor, length }, recording) {
    return {
        operations: [{ op: "join", recording, at: cursor }],
        after: (now) => ({ cursor, selection: { start: cursor, end: cursor + now - length } }),
    };
}

export function fade(segment, lengths) {
    if (lengths.in === undefined && lengths.out === undefined) return null;
    return { operations: [{ op: "fade", segment, ...lengths }], after: {} };
}

export function crossfade(at, samples) {
    return { operations: [{ op: "crossfade", at, length: samples }], after: {} };
}

/** Off with a target of null. */
export function normalize(target, ceiling) {
    return { operations: [{ op: "normalize", target, ...(target === null ? {} : { ceiling }) }], after: {} };
}

export function noiseReduction(strength) {
    return { operations: [{ op: "noiseReduction", strength }], after: {} };
}

export function removeSilence(minimum, keep) {
    return { operations: [{ op: "removeSilence", minimum, keep }], after: { cursor: 0, selection: null } };
}

/** Selection and cursor as they fit into an edit of that length. */
export function clampPlaces({ selection, cursor }, length) {
    const within = (place) => Math.max(0, Math.min(length, place));
    const range = selection && { start: within(selection.start), end: within(selection.end) };
    return { cursor: within(cursor), selection: range && range.end > range.start ? range : null };
}

const names = {
    trim: "Trimmed", cut: "Cut", split: "Split", join: "Joined", move: "Moved", insertSilence: "Silence inserted",
    gain: "Gain changed", fadeIn: "Faded in", fadeOut: "Faded out", fade: "Fade", crossfade: "Crossfade",
    normalize: "Loudness", noiseReduction: "Noise reduction", removeSilence: "Silence removed", list: "Replaced",
};

/** The server's summary of a version ("cut, fade") in words. */
export function summaryWords(summary) {
    const restored = /^restore (\d+)$/.exec(summary);
    if (restored) return `Version ${restored[1]} again`;
    const words = summary.split(", ").map((part) => {
        const found = /^(\w+)( and \d+ more)?$/.exec(part);
        return found && names[found[1]] ? names[found[1]] + (found[2] ?? "") : part;
    });
    const parts = words.filter((word, index) => word !== words[index - 1]);
    return parts.map((part, index) => (index === 0 ? part : part.toLowerCase())).join(", ");
}
