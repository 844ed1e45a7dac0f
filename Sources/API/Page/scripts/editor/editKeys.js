// The keys of the editor. Letters are commands only outside of fields; the same words stand in the buttons' tooltips.

import { boundaryAt, xOf } from "./editView.js";

const stepPixels = 8;

/** Whether a key belongs to what has the focus: a field, a list, a dialog. */
function isTaken(target, key) {
    if (target.closest("input:not([type=range]), textarea, select, dialog")) return true;
    if (target.matches("input[type=range]")) return !/^[a-z+-]$/i.test(key) && key !== "Delete";
    return [" ", "Enter"].includes(key) && target.closest("button, a, summary") !== null;
}

/** `commands` are functions by name. Answers a function that says whether it took the event. */
export function createEditKeys({ model, wave, commands }) {
    function cursorTo(event, sample) {
        const cursor = Math.max(0, Math.min(model.length(), sample));
        if (!event.shiftKey) {
            model.place({ cursor, selection: null });
        } else {
            // The end that is not moved is the anchor.
            const { start, end } = model.selection() ?? { start: model.cursor(), end: model.cursor() };
            const anchor = model.cursor() === start ? end : start;
            model.place({ cursor, selection: { start: Math.min(anchor, cursor), end: Math.max(anchor, cursor) } });
        }
        wave.reveal(cursor);
    }

    function step(event, direction) {
        const view = wave.view();
        if (event.ctrlKey || event.metaKey || view.perPixel * stepPixels < 1.5) {
            return cursorTo(event, model.cursor() + direction);
        }
        const there = xOf(view, model.cursor()) + direction * stepPixels;
        return cursorTo(event, boundaryAt(view, there, model.length()));
    }

    const plain = {
        " ": commands.play, Delete: commands.cut, Backspace: commands.cut, x: commands.cut, t: commands.trim,
        s: commands.split, i: commands.insertSilence, g: commands.gain, f: commands.fades, c: commands.crossfade,
        m: commands.move, j: commands.join, n: commands.normalize, r: commands.noise, q: commands.silence,
        e: commands.exportIt, l: commands.loop, "+": () => wave.zoom(2), "=": () => wave.zoom(2),
        "-": () => wave.zoom(0.5), 0: () => wave.fit(),
        z: () => model.selection() && wave.showRange(model.selection()),
        PageDown: () => wave.scrollBy(wave.width() * 0.8), PageUp: () => wave.scrollBy(-wave.width() * 0.8),
    };

    return function take(event) {
        // Out of a field, too: one step back.
        if (event.key === "Escape") {
            commands.escape();
            event.preventDefault();
            return true;
        }
        if (event.altKey || isTaken(event.target, event.key)) return false;
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (["ArrowLeft", "ArrowRight"].includes(key)) {
            step(event, key === "ArrowRight" ? 1 : -1);
        } else if (key === "Home" || key === "End") {
            cursorTo(event, key === "Home" ? 0 : model.length());
        } else if (event.ctrlKey || event.metaKey) {
            if (key === "z") (event.shiftKey ? commands.redo : commands.undo)();
            else if (key === "y") commands.redo();
            else if (key === "a") model.place({ selection: { start: 0, end: model.length() } });
            else return false;
        } else if (plain[key]) {
            // A key that is held down repeats; only zooming and scrolling shall.
            if (!event.repeat || ["+", "=", "-", "PageDown", "PageUp"].includes(key)) plain[key]();
        } else {
            return false;
        }
        event.preventDefault();
        return true;
    };
}
