// Small waveforms in the list: fetched when a row comes into view, a few at a time, and kept in memory.

import { canvasSurface, themeColour, traceBars } from "./canvasSurface.js";
import { element } from "./dom.js";
import { barsOf, fetchWaveform } from "./waveformData.js";

const barCount = 28;
const mostAtOnce = 2;
const mostKept = 600;
const mostWaiting = 120;

export function createThumbnails({ client }) {
    const kept = new Map();
    const waiting = [];
    const jobs = new WeakMap();
    let running = 0;

    const observer = new IntersectionObserver((entries) => {
        for (const entry of entries) {
            const job = jobs.get(entry.target);
            if (!entry.isIntersecting || !job) continue;
            observer.unobserve(entry.target);
            waiting.push(job);
            // Scrolled past long ago: those rows stay flat rather than hold up what is on the screen.
            if (waiting.length > mostWaiting) waiting.shift();
        }
        next();
    }, { rootMargin: "200px" });

    async function next() {
        while (running < mostAtOnce && waiting.length > 0) {
            const job = waiting.pop();
            running += 1;
            try {
                const waveform = await fetchWaveform(client, job.note, barCount);
                if (waveform) {
                    kept.set(job.note.recording.id, barsOf(waveform, barCount));
                    if (kept.size > mostKept) kept.delete(kept.keys().next().value);
                    job.done();
                }
            } catch {
                // A list without pictures is still a list; the open note says what is wrong with its waveform.
            } finally {
                running -= 1;
            }
        }
    }

    /** A canvas that draws itself as soon as the note is ready; `show(note)` may be called as often as one likes. */
    function thumbnail() {
        let shown = null;
        const canvas = element("canvas", { class: "thumbnail", aria: { hidden: true } });
        const surface = canvasSurface(canvas, (context, width, height) => {
            const bars = kept.get(shown) ?? Array.from({ length: barCount }, () => ({ low: 0, high: 0 }));
            context.beginPath();
            traceBars(context, bars, { pitch: width / barCount, thickness: 1.75, height, inset: 1 });
            context.fillStyle = themeColour(canvas, "--wave");
            context.fill();
        });
        return {
            node: canvas,
            show(note) {
                const recording = note.recording?.id ?? null;
                if (note.state !== "ready" || recording === null || recording === shown) return;
                shown = recording;
                if (kept.has(recording)) {
                    surface.redraw();
                    return;
                }
                jobs.set(canvas, { note, done: surface.redraw });
                observer.observe(canvas);
            },
            redraw: surface.redraw,
            release() {
                observer.unobserve(canvas);
                surface.release();
            },
        };
    }

    return { thumbnail };
}
