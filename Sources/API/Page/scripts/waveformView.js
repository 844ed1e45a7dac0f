// The waveform of the open note: peaks on a canvas, the played part in colour, and a slider for pointer and keyboard.

import { canvasSurface, themeColour, traceBars } from "./canvasSurface.js";
import { element, setAttribute, setText } from "./dom.js";
import { clock, spokenTime } from "./format.js";
import { barsOf } from "./waveformData.js";

const pitch = 4;
const thickness = 2.5;

/** `onSeek(seconds)` for every change of place, `onToggle()` for the space bar. */
export function createWaveformView({ onSeek, onToggle }) {
    let waveform = null;
    let bars = [];
    let duration = 0;
    let position = 0;
    let pointerAt = null;

    const canvas = element("canvas", { class: "waveform-canvas", aria: { hidden: true } });
    const hint = element("span", { class: "waveform-hint", aria: { hidden: true }, hidden: true });
    const message = element("p", { class: "waveform-message", hidden: true });
    const node = element("div", {
        class: "waveform", role: "slider", tabIndex: 0, testid: "waveform", dataset: { ready: "false" },
        aria: { label: "Position in the recording", valuemin: 0, valuemax: 0, valuenow: 0, orientation: "horizontal" },
    }, canvas, hint, message);

    const surface = canvasSurface(canvas, (context, width, height) => {
        const count = Math.max(1, Math.floor(width / pitch));
        if (waveform && bars.length !== count) bars = barsOf(waveform, count);
        const shown = waveform ? bars : Array.from({ length: count }, () => ({ low: 0, high: 0 }));
        const playedWidth = duration > 0 ? width * Math.min(1, position / duration) : 0;
        for (const [name, from, to] of [["--wave-played", 0, playedWidth], ["--wave", playedWidth, width]]) {
            if (to <= from) continue;
            context.save();
            context.beginPath();
            context.rect(from, 0, to - from, height);
            context.clip();
            context.beginPath();
            traceBars(context, shown, { pitch, thickness, height });
            context.fillStyle = themeColour(node, name);
            context.fill();
            context.restore();
        }
        if (playedWidth > 0) {
            context.fillStyle = themeColour(node, "--ink");
            context.fillRect(Math.min(width - 1.5, playedWidth - 0.75), 0, 1.5, height);
        }
        if (waveform) node.dataset.ready = "true";
    });

    function describe() {
        setAttribute(node, "aria-valuemax", Math.round(duration));
        setAttribute(node, "aria-valuenow", Math.floor(position));
        setAttribute(node, "aria-valuetext", `${spokenTime(position)} of ${spokenTime(duration)}`);
    }

    function secondsAt(event) {
        const box = canvas.getBoundingClientRect();
        const fraction = (event.clientX - box.left) / Math.max(1, box.width);
        return Math.min(1, Math.max(0, fraction)) * duration;
    }

    function point(event) {
        const seconds = secondsAt(event);
        hint.hidden = duration === 0;
        setText(hint, clock(seconds));
        hint.style.left = `${duration > 0 ? (seconds / duration) * 100 : 0}%`;
        return seconds;
    }

    node.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || duration === 0) return;
        pointerAt = event.pointerId;
        node.setPointerCapture(event.pointerId);
        onSeek(point(event));
    });
    node.addEventListener("pointermove", (event) => {
        const seconds = point(event);
        if (pointerAt === event.pointerId) onSeek(seconds);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
        node.addEventListener(name, (event) => {
            if (pointerAt === event.pointerId) pointerAt = null;
        });
    }
    node.addEventListener("pointerleave", () => { hint.hidden = true; });

    node.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const step = event.shiftKey ? 1 : 5;
        const moves = {
            ArrowRight: () => onSeek(position + step), ArrowUp: () => onSeek(position + step),
            ArrowLeft: () => onSeek(position - step), ArrowDown: () => onSeek(position - step),
            PageUp: () => onSeek(position + 30), PageDown: () => onSeek(position - 30),
            Home: () => onSeek(0), End: () => onSeek(duration), " ": onToggle,
        };
        const move = moves[event.key];
        if (!move) return;
        event.preventDefault();
        event.stopPropagation();
        move();
    });

    describe();
    return {
        node,
        /** How many bars there is room for; asked before the peaks are fetched. */
        barCount: () => Math.max(64, Math.floor((canvas.clientWidth || 800) / pitch)),
        setWaveform(data) {
            waveform = data;
            bars = [];
            message.hidden = true;
            surface.redraw();
        },
        setMessage(text) {
            setText(message, text);
            message.hidden = !text;
        },
        setTimes(seconds, total) {
            if (seconds === position && total === duration) return;
            position = seconds;
            duration = total;
            describe();
            surface.redraw();
        },
        release: () => surface.release(),
    };
}
