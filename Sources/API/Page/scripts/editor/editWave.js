// The edit on a canvas: what is in sight, the scrollbar below it, and itself as a slider for the cursor. Gestures are
// in editGestures.js, the drawing in editDrawing.js.

import { canvasSurface, themeColour } from "../canvasSurface.js";
import { element, oncePerFrame, setAttribute } from "../dom.js";
import { spokenTime } from "../format.js";
import { shortText } from "./editTime.js";
import { drawEdit, fadeHandles } from "./editDrawing.js";
import { closest, clampView, farthest, fitView, reveal, scrollBy, viewOf, zoomAt } from "./editView.js";

const colourNames = {
    wave: "--wave", played: "--wave-played", ink: "--ink", soft: "--soft", selection: "--accent", joint: "--amber",
    handle: "--accent-strong", sheet: "--raised", going: "--danger", record: "--record",
};

/** `onView()` after what is in sight changed. */
export function createEditWave({ model, peaks, onView }) {
    let view = { start: 0, perPixel: 1 };
    let shown = { length: 0, width: 0 };
    let playhead = null;
    let going = [];
    let dragged = null;
    let told = null;

    const canvas = element("canvas", { class: "editor-canvas", aria: { hidden: true } });
    const node = element("div", {
        class: "editor-wave", role: "slider", tabIndex: 0, testid: "editor-wave", dataset: { ready: "false" },
        aria: {
            label: "Cursor in the edit", valuemin: 0, valuemax: 0, valuenow: 0, orientation: "horizontal",
            keyshortcuts: "ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight Home End + -",
        },
    }, canvas);
    const scroll = element("input", {
        type: "range", class: "editor-scroll", min: "0", max: "0", step: "any", testid: "editor-scroll",
        aria: { label: "Scroll through the edit" },
        on: { input: () => setView({ ...view, start: Number(scroll.value) }) },
    });

    const width = () => canvas.clientWidth;

    const surface = canvasSurface(canvas, (context, wide, height) => {
        const length = model.length();
        if (length === 0) return;
        if (shown.width === 0) view = fitView(length, wide);
        else if (shown.width !== wide || shown.length !== length) settle(length, wide);
        shown = { length, width: wide };
        // Read once a frame, so that the colours follow the theme.
        const colours = Object.fromEntries(Object.entries(colourNames)
            .map(([key, name]) => [key, themeColour(node, name)]));
        peaks.want(view, wide);
        const whole = peaks.use(view, wide);
        drawEdit(context, {
            view, colours, width: wide, height, length, peaks, going, dragged, playhead,
            rate: model.rate(), timeline: model.timeline(), selection: model.selection(), cursor: model.cursor(),
            heard: playhead === null ? 0 : (playhead - view.start) / view.perPixel,
            fades: fadeHandles(model.timeline(), view, wide),
        });
        setAttribute(node, "data-ready", whole);
        // What a test, or a script of somebody's own, can ask.
        setAttribute(node, "data-per-pixel", view.perPixel);
        setAttribute(node, "data-start", view.start);
        showScroll(length, wide);
        if (told !== view) {
            told = view;
            onView();
        }
    });
    const redraw = oncePerFrame(surface.redraw);

    /** What filled the width goes on to fill it; everything else keeps its zoom. */
    function settle(length, wide) {
        const wasWhole = view.perPixel >= farthest(shown.length, shown.width) * 0.999;
        view = wasWhole ? fitView(length, wide) : clampView(view, length, wide);
    }

    function showScroll(length, wide) {
        const room = Math.max(0, length - wide * view.perPixel);
        scroll.disabled = room < 1;
        scroll.max = String(room);
        scroll.value = String(view.start);
        setAttribute(scroll, "aria-valuetext", shortText(Math.round(view.start), model.rate()));
    }

    function setView(wanted) {
        if (width() === 0 || model.length() === 0) return;
        view = clampView(wanted, model.length(), width());
        redraw();
    }

    function describe() {
        const rate = model.rate();
        const selection = model.selection();
        setAttribute(node, "aria-valuemax", model.length());
        setAttribute(node, "aria-valuenow", model.cursor());
        const selected = selection
            ? `, selected from ${shortText(selection.start, rate)} to ${shortText(selection.end, rate)}` : "";
        setAttribute(node, "aria-valuetext",
            `${shortText(model.cursor(), rate)} of ${spokenTime(model.length() / rate)}${selected}`);
    }

    return {
        node, scroll, canvas, redraw, width,
        view: () => view,
        setView,
        zoom(factor, x = null) {
            if (width() === 0) return;
            const { cursor, selection } = { cursor: model.cursor(), selection: model.selection() };
            const focus = selection ? (selection.start + selection.end) / 2 : cursor;
            const place = x ?? (focus - view.start) / view.perPixel;
            const inSight = place >= 0 && place <= width() ? place : width() / 2;
            view = zoomAt(view, factor, inSight, model.length(), width());
            redraw();
        },
        scrollBy: (pixels) => setView(scrollBy(view, pixels, model.length(), width())),
        fit: () => setView({ start: 0, perPixel: Infinity }),
        showRange: (range) => setView(viewOf(range, model.length(), width())),
        reveal(sample) {
            if (width() > 0) setView(reveal(view, sample, model.length(), width()));
        },
        canScroll: () => view.perPixel < farthest(model.length(), width()) * 0.999,
        isClosest: () => view.perPixel <= closest,
        update() {
            describe();
            redraw();
        },
        setPlayhead(sample) {
            if (sample === playhead) return;
            playhead = sample;
            redraw();
        },
        setGoing(ranges) {
            going = ranges;
            redraw();
        },
        setDragged(fade) {
            dragged = fade;
            redraw();
        },
        release: () => surface.release(),
    };
}
