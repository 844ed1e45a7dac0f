// The bytes of a take for a transfer: chunks of a recording that may be going on, with the time at which each ends.

import { Problem } from "./problem.js";

/** `parts` are the chunks that there already are, as `{bytes, endMs}`. */
export function createTakeSource(type, parts = []) {
    const chunks = [];
    let size = 0;
    let complete = false;
    let waiting = () => {};

    function add(bytes, endMs) {
        const blob = bytes instanceof Blob ? bytes : new Blob([bytes]);
        chunks.push({ blob, from: size, to: size + blob.size, endMs });
        size += blob.size;
        waiting(true);
    }

    for (const { bytes, endMs } of parts) add(bytes, endMs);

    function firstBeyond(offset) {
        // From the end: what is asked for is nearly always new.
        let index = chunks.length;
        while (index > 0 && chunks[index - 1].to > offset) index -= 1;
        return index;
    }

    return {
        add,
        size: () => size,
        isComplete: () => complete,
        /** There is no more to come. */
        complete() {
            complete = true;
            waiting(true);
        },
        bytes(from, to) {
            const first = firstBeyond(from);
            const parts = chunks.slice(first, firstBeyond(to - 1) + 1);
            const start = parts.length > 0 ? parts[0].from : 0;
            return new Blob(parts.map(({ blob }) => blob)).slice(from - start, to - start);
        },
        blob: () => new Blob(chunks.map(({ blob }) => blob), { type }),
        /** Up to which time of the recording the first `offset` bytes reach. */
        timeAt: (offset) => chunks[firstBeyond(offset) - 1]?.endMs ?? 0,
        /** Resolves to true when there are more bytes, and to false after `limitMs`. */
        more(limitMs, signal) {
            return new Promise((resolve, reject) => {
                const end = (settle) => {
                    clearTimeout(timer);
                    waiting = () => {};
                    signal?.removeEventListener("abort", cancel);
                    settle();
                };
                const cancel = () => end(() => reject(Problem.cancelled()));
                const timer = setTimeout(() => end(() => resolve(false)), limitMs);
                waiting = (grown) => end(() => resolve(grown));
                signal?.addEventListener("abort", cancel);
                if (signal?.aborted) cancel();
            });
        },
    };
}
