// Mouse, pen and fingers on the waveform: a click places the cursor, a drag selects, an end of the selection and the
// handles of fades can be dragged, the ruler scrolls, two fingers zoom, the wheel scrolls and with ctrl zooms.

import { setAttribute } from "../dom.js";
import { fadeHandles, rulerHeight } from "./editDrawing.js";
import { longestFade } from "./editSegments.js";
import { boundaryAt, clampView, sampleAt, xOf } from "./editView.js";

const dragFromPixels = 4;
const wheelLine = 24;

/** `onFade(segment, {in} or {out})` when a handle was let go. */
export function addGestures(wave, model, { onFade }) {
    const { node, canvas } = wave;
    const pointers = new Map();
    let drag = null;
    let pinch = null;

    const place = (event) => {
        const box = canvas.getBoundingClientRect();
        return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const reachOf = (event) => (event.pointerType === "mouse" ? 8 : 20);

    function handleAt({ x, y }, reach) {
        const near = fadeHandles(model.timeline(), wave.view(), wave.width())
            .map((handle) => ({ handle, distance: Math.hypot(handle.x - x, handle.y - y) }))
            .filter(({ distance }) => distance <= reach + 4);
        return near.sort((a, b) => a.distance - b.distance)[0]?.handle ?? null;
    }

    function selectionEdgeAt({ x }, reach) {
        const selection = model.selection();
        if (!selection) return null;
        const ends = [["start", selection.end], ["end", selection.start]]
            .map(([side, other]) => ({ anchor: other, distance: Math.abs(xOf(wave.view(), selection[side]) - x) }))
            .filter(({ distance }) => distance <= reach);
        return ends.sort((a, b) => a.distance - b.distance)[0] ?? null;
    }

    function begin(event, at) {
        const reach = reachOf(event);
        const sample = boundaryAt(wave.view(), at.x, model.length());
        if (at.y < rulerHeight - 4) return { kind: "scroll", x: at.x, view: wave.view(), moved: false };
        const handle = handleAt(at, reach);
        if (handle) return { kind: "fade", ...handle, length: null };
        const edge = selectionEdgeAt(at, reach / 2 + 2);
        if (edge) return { kind: "select", anchor: edge.anchor, x: at.x, moved: true };
        if (event.shiftKey) {
            const { start, end } = model.selection() ?? { start: model.cursor(), end: model.cursor() };
            const anchor = Math.abs(sample - start) < Math.abs(sample - end) ? end : start;
            return { kind: "select", anchor, x: at.x, moved: true };
        }
        if (event.ctrlKey || event.metaKey) return { kind: "cursor" };
        return { kind: "select", anchor: sample, x: at.x, moved: false };
    }

    function follow(at) {
        const { view } = { view: wave.view() };
        const sample = boundaryAt(view, at.x, model.length());
        if (drag.kind === "scroll") {
            drag.moved ||= Math.abs(at.x - drag.x) >= dragFromPixels;
            if (drag.moved) wave.setView({ ...drag.view, start: drag.view.start - (at.x - drag.x) * view.perPixel });
        } else if (drag.kind === "cursor") {
            model.place({ cursor: sample });
        } else if (drag.kind === "fade") {
            const segment = model.timeline().segments[drag.segment];
            const edge = drag.side === "in" ? model.timeline().starts[drag.segment]
                : model.timeline().ends[drag.segment];
            const wanted = Math.abs(drag.side === "in" ? Math.max(0, sample - edge) : Math.max(0, edge - sample));
            drag.length = Math.min(longestFade(segment, drag.side), wanted);
            const shown = edge + (drag.side === "in" ? drag.length : -drag.length);
            wave.setDragged({ ...drag, x: xOf(view, shown) });
        } else {
            drag.moved ||= Math.abs(at.x - drag.x) >= dragFromPixels;
            if (!drag.moved) return;
            const start = Math.min(drag.anchor, sample);
            const end = Math.max(drag.anchor, sample);
            model.place({ cursor: start, selection: { start, end } });
            // Beyond the edge it scrolls along.
            if (at.x < 0) wave.scrollBy(Math.max(-40, at.x / 2));
            else if (at.x > wave.width()) wave.scrollBy(Math.min(40, (at.x - wave.width()) / 2));
        }
    }

    function end(at) {
        const done = drag;
        drag = null;
        wave.setDragged(null);
        if (done.kind === "fade" && done.length !== null) onFade(done.segment, { [done.side]: done.length });
        const isClick = (done.kind === "select" || done.kind === "scroll") && !done.moved;
        if (isClick) {
            const cursor = boundaryAt(wave.view(), at.x, model.length());
            model.place(done.kind === "scroll" ? { cursor } : { cursor, selection: null });
        }
    }

    function beginPinch() {
        const [one, other] = [...pointers.values()];
        drag = null;
        wave.setDragged(null);
        pinch = { distance: Math.max(10, Math.abs(one.x - other.x)), view: wave.view(),
            sample: sampleAt(wave.view(), (one.x + other.x) / 2) };
    }

    function followPinch() {
        const [one, other] = [...pointers.values()];
        const distance = Math.max(10, Math.abs(one.x - other.x));
        const { perPixel } = clampView({ ...pinch.view, perPixel: pinch.view.perPixel * pinch.distance / distance },
            model.length(), wave.width());
        wave.setView({ start: pinch.sample - ((one.x + other.x) / 2) * perPixel, perPixel });
    }

    node.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || model.length() === 0 || pointers.size >= 2) return;
        const at = place(event);
        pointers.set(event.pointerId, at);
        node.setPointerCapture(event.pointerId);
        if (pointers.size === 2) beginPinch();
        else drag = begin(event, at);
    });
    node.addEventListener("pointermove", (event) => {
        const at = place(event);
        if (!pointers.has(event.pointerId)) {
            if (event.pointerType === "mouse" && model.length() > 0) showCursor(event, at);
            return;
        }
        pointers.set(event.pointerId, at);
        if (pinch && pointers.size === 2) followPinch();
        else if (drag) follow(at);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
        node.addEventListener(name, (event) => {
            if (!pointers.delete(event.pointerId)) return;
            pinch = null;
            if (!drag) return;
            if (name === "pointercancel") {
                drag = null;
                wave.setDragged(null);
            } else {
                end(place(event));
            }
        });
    }
    node.addEventListener("dblclick", () => {
        // A segment, as a double click selects a word.
        const { starts, ends } = model.timeline();
        const index = Math.max(0, starts.findLastIndex((start) => start <= model.cursor()));
        model.place({ selection: { start: starts[index], end: ends[index] } });
    });

    function showCursor(event, at) {
        const edge = selectionEdgeAt(at, 6);
        const kind = at.y < rulerHeight - 4 ? "scroll" : handleAt(at, 8) ? "fade" : edge ? "edge" : "select";
        setAttribute(node, "data-over", kind);
    }

    node.addEventListener("wheel", (event) => {
        if (model.length() === 0) return;
        const unit = event.deltaMode === 0 ? 1 : wheelLine;
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            wave.zoom(Math.exp(-event.deltaY * unit / 240), place(event).x);
        } else if (wave.canScroll()) {
            event.preventDefault();
            wave.scrollBy((Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) * unit);
        }
    }, { passive: false });
}
