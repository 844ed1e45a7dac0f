// The peaks of what is in sight: tiles of 2048 pixels at zooms of powers of two, fetched when they come into sight,
// kept by version, and drawn from a coarser zoom until they are there. However long an edit is, few are asked for.

import { overviewZoom, tileRange, tilesInSight, tileZoom } from "./editView.js";

const mostKept = 240;
const mostAtOnce = 3;
const settleMs = 60;
const retryMs = 4_000;

/** `fetch(version, range, signal)` answers peaks. `onChange` is called when there are more to draw. */
export function createPeaks({ fetch, onChange, onProblem }) {
    const tiles = new Map();
    const running = new Map();
    const failedAt = new Map();
    let version;
    let length = 0;
    let wanted = [];
    let timer = 0;
    let closed = false;

    const keyOf = (zoom, index) => `${version} ${zoom} ${index}`;

    /** A tile that is there, as the one that was used last. */
    function take(key) {
        const tile = tiles.get(key);
        if (tile) {
            tiles.delete(key);
            tiles.set(key, tile);
        }
        return tile;
    }

    function keep(key, tile) {
        tiles.set(key, tile);
        for (const old of tiles.keys()) {
            if (tiles.size <= mostKept) break;
            tiles.delete(old);
        }
    }

    async function load({ key, zoom, index }) {
        const stop = new AbortController();
        running.set(key, stop);
        const range = tileRange(zoom, index, length);
        try {
            const peaks = await fetch(version, range, stop.signal);
            if (closed) return;
            keep(key, { start: range.start, ...peaks });
            failedAt.delete(key);
            onChange();
        } catch (problem) {
            if (closed || problem.code === "cancelled") return;
            if (failedAt.size === 0) onProblem(problem);
            failedAt.set(key, Date.now());
            setTimeout(() => !closed && next(), problem.code === "not_ready" ? 1_000 : retryMs + 50);
        } finally {
            running.delete(key);
            if (!closed) next();
        }
    }

    function next() {
        for (const tile of wanted) {
            if (running.size >= mostAtOnce) return;
            if (tiles.has(tile.key) || running.has(tile.key)) continue;
            if (Date.now() - (failedAt.get(tile.key) ?? 0) < retryMs) continue;
            load(tile);
        }
    }

    return {
        /** What is heard now. Tiles of other versions stay for undo and redo. */
        setVersion(id, samples) {
            if (id === version && samples === length) return;
            version = id;
            length = samples;
            failedAt.clear();
            wanted = [];
        },

        /** Asks for what the view shows. */
        want(view, width) {
            if (length === 0) return;
            const zoom = tileZoom(view.perPixel, length);
            const coarse = overviewZoom(length);
            wanted = [];
            // The overview first: it stands in for everything else.
            if (zoom < coarse) wanted.push({ zoom: coarse, index: 0, key: keyOf(coarse, 0) });
            for (const index of tilesInSight(view, zoom, length, width)) {
                wanted.push({ zoom, index, key: keyOf(zoom, index) });
            }
            const keys = new Set(wanted.map(({ key }) => key));
            for (const [key, stop] of running) {
                if (!keys.has(key)) stop.abort();
            }
            // Not in every frame of a scroll, and not only at its end.
            timer ||= setTimeout(() => {
                timer = 0;
                next();
            }, settleMs);
        },

        /** `{low, high}` of samples from the finest tiles that are there, or null. */
        between(from, to, zoom) {
            const coarse = overviewZoom(length);
            const middle = Math.min(length - 1, Math.max(0, Math.floor((from + to) / 2)));
            for (let step = zoom; step <= coarse; step *= 2) {
                const tile = tiles.get(keyOf(step, Math.floor(middle / tileRange(step, 0, Infinity).end)));
                if (!tile) continue;
                const first = Math.max(0, Math.floor((from - tile.start) / tile.perPixel));
                const behind = Math.min(tile.low.length, Math.max(first + 1, Math.ceil((to - tile.start)
                    / tile.perPixel)));
                if (first >= tile.low.length) continue;
                let low = 1;
                let high = -1;
                for (let index = first; index < behind; index += 1) {
                    low = Math.min(low, tile.low[index]);
                    high = Math.max(high, tile.high[index]);
                }
                return { low, high };
            }
            return null;
        },

        /** Marks the tiles in sight as used; says whether the finest of them are all there. */
        use(view, width) {
            const zoom = tileZoom(view.perPixel, length);
            take(keyOf(overviewZoom(length), 0));
            return tilesInSight(view, zoom, length, width).map((index) => take(keyOf(zoom, index))).every(Boolean);
        },

        release() {
            closed = true;
            clearTimeout(timer);
            for (const stop of running.values()) stop.abort();
        },
    };
}
