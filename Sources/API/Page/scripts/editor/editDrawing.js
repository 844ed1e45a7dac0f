// How an edit is drawn: ruler, peaks or single samples, segments with their fades, selection, what would go, cursor.

import { segmentsIn } from "./editSegments.js";
import { rulerMarks, sampleAt, tileZoom, xOf } from "./editView.js";

export const rulerHeight = 26;
const handleSize = 9;

/** The fade handles in sight: `{segment, side, x, y}`. Segments that are too narrow have none. */
export function fadeHandles(timeline, view, width) {
    const { first, behind } = segmentsIn(timeline, sampleAt(view, 0), Math.ceil(sampleAt(view, width)));
    const handles = [];
    if (behind - first > 100) return handles;
    for (let index = first; index < behind; index += 1) {
        const { fadeIn, fadeOut } = timeline.segments[index];
        const left = xOf(view, timeline.starts[index]);
        const right = xOf(view, timeline.ends[index]);
        if (right - left < 48) continue;
        const y = rulerHeight + handleSize;
        const inner = handleSize;
        const at = { in: left + Math.max(inner, fadeIn / view.perPixel),
            out: right - Math.max(inner, fadeOut / view.perPixel) };
        if (at.in > at.out - 2 * handleSize) {
            const middle = Math.min(Math.max((at.in + at.out) / 2, left + 2 * inner), right - 2 * inner);
            at.in = Math.min(at.in, middle - handleSize);
            at.out = Math.max(at.out, middle + handleSize);
        }
        handles.push({ segment: index, side: "in", x: at.in, y }, { segment: index, side: "out", x: at.out, y });
    }
    return handles.filter(({ x }) => x > -handleSize && x < width + handleSize);
}

function drawRuler(context, { view, rate, colours, width }) {
    context.fillStyle = colours.soft;
    context.font = "11px ui-monospace, 'DejaVu Sans Mono', monospace";
    context.textBaseline = "top";
    for (const { x, seconds, digits } of rulerMarks(view, width, rate)) {
        context.fillRect(Math.round(x), rulerHeight - 7, 1, 7);
        context.fillText(markText(seconds, digits), Math.round(x) + 4, 4);
    }
    context.fillRect(0, rulerHeight - 1, width, 1);
}

function markText(seconds, digits) {
    const [whole, fraction] = seconds.toFixed(digits).split(".");
    const total = Number(whole);
    const hours = Math.floor(total / 3600);
    const minutes = Math.floor((total % 3600) / 60);
    const rest = String(total % 60).padStart(2, "0") + (fraction ? `.${fraction}` : "");
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** One vertical line a pixel. */
function drawPeaks(context, { view, peaks, colours, width, height, length, heard }) {
    const middle = (rulerHeight + height) / 2;
    const reach = (height - rulerHeight) / 2 - 4;
    const zoom = tileZoom(view.perPixel, length);
    const last = Math.min(width, Math.ceil(xOf(view, length)));
    for (const [colour, from, to] of [[colours.played, 0, Math.min(last, heard)], [colours.wave, Math.max(0, heard),
        last]]) {
        if (to <= from) continue;
        context.fillStyle = colour;
        context.beginPath();
        for (let x = Math.floor(from); x < to; x += 1) {
            const peak = peaks.between(sampleAt(view, x), sampleAt(view, x + 1), zoom);
            const top = middle - (peak?.high ?? 0) * reach;
            const bottom = middle - (peak?.low ?? 0) * reach;
            context.rect(x, Math.min(top, middle - 0.5), 1, Math.max(1, bottom - Math.min(top, middle - 0.5)));
        }
        context.fill();
    }
}

/** A line from sample to sample, with a dot on each where there is room. */
function drawSamples(context, { view, peaks, colours, width, height, length }) {
    const middle = (rulerHeight + height) / 2;
    const reach = (height - rulerHeight) / 2 - 4;
    const first = Math.max(0, Math.floor(sampleAt(view, 0)) - 1);
    const last = Math.min(length - 1, Math.ceil(sampleAt(view, width)));
    const points = [];
    for (let sample = first; sample <= last; sample += 1) {
        const peak = peaks.between(sample, sample + 1, 1);
        if (peak) points.push([xOf(view, sample + 0.5), middle - ((peak.low + peak.high) / 2) * reach]);
    }
    context.strokeStyle = colours.wave;
    context.lineWidth = 1.5;
    context.beginPath();
    points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.stroke();
    if (view.perPixel > 0.25) return;
    context.fillStyle = colours.played;
    for (const [x, y] of points) context.fillRect(x - 2, y - 2, 4, 4);
}

function drawSegments(context, { view, timeline, colours, width, height, fades, dragged }) {
    const { first, behind } = segmentsIn(timeline, sampleAt(view, 0), Math.ceil(sampleAt(view, width)));
    let lastX = -10;
    for (let index = first; index < behind; index += 1) {
        const left = xOf(view, timeline.starts[index]);
        const right = xOf(view, timeline.ends[index]);
        // Where thousands of joints are closer than pixels, one line stands for all of them.
        if (index > 0 && left - lastX >= 2) {
            context.fillStyle = colours.joint;
            context.fillRect(Math.round(left), rulerHeight, 1, height - rulerHeight);
            lastX = left;
            const { overlap } = timeline.segments[index];
            if (overlap > 0) {
                context.globalAlpha = 0.18;
                context.fillRect(left, rulerHeight, overlap / view.perPixel, height - rulerHeight);
                context.globalAlpha = 1;
            }
        }
        if (right - left < 8) continue;
        const own = timeline.segments[index];
        const fadeIn = dragged?.segment === index && dragged.side === "in" ? dragged.length : own.fadeIn;
        const fadeOut = dragged?.segment === index && dragged.side === "out" ? dragged.length : own.fadeOut;
        context.strokeStyle = colours.handle;
        context.lineWidth = 1.5;
        context.beginPath();
        if (fadeIn > 0) line(context, left, height - 2, left + fadeIn / view.perPixel, rulerHeight + 2);
        if (fadeOut > 0) line(context, right - fadeOut / view.perPixel, rulerHeight + 2, right, height - 2);
        context.stroke();
    }
    for (const { x, y, segment, side } of fades) {
        const isDragged = dragged?.segment === segment && dragged.side === side;
        context.fillStyle = colours.handle;
        context.strokeStyle = colours.sheet;
        context.lineWidth = 2;
        context.beginPath();
        context.arc(isDragged ? dragged.x : x, y, handleSize - 3, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
    }
}

function line(context, x, y, toX, toY) {
    context.moveTo(x, y);
    context.lineTo(toX, toY);
}

function shade(context, { view, width, height }, ranges, colour, alpha) {
    context.fillStyle = colour;
    context.globalAlpha = alpha;
    for (const { start, end } of ranges) {
        const left = Math.max(0, xOf(view, start));
        const right = Math.min(width, xOf(view, end));
        if (right > left) context.fillRect(left, rulerHeight, Math.max(1, right - left), height - rulerHeight);
    }
    context.globalAlpha = 1;
}

/** Draws all of it. `scene` has what the functions above take apart. */
export function drawEdit(context, scene) {
    const { view, colours, width, height, selection, cursor, playhead, going } = scene;
    drawRuler(context, scene);
    if (selection) shade(context, scene, [selection], colours.selection, 0.22);
    if (view.perPixel < 0.75) drawSamples(context, scene);
    else drawPeaks(context, scene);
    shade(context, scene, going, colours.going, 0.3);
    drawSegments(context, scene);
    if (selection) {
        context.fillStyle = colours.selection;
        for (const place of [selection.start, selection.end]) {
            context.fillRect(Math.round(xOf(view, place)) - 1, rulerHeight, 2, height - rulerHeight);
        }
    }
    for (const [place, colour, thick] of [[cursor, colours.ink, 1.5], [playhead, colours.record, 2]]) {
        if (place === null) continue;
        const x = xOf(view, place);
        if (x < -2 || x > width + 2) continue;
        context.fillStyle = colour;
        context.fillRect(Math.min(width - thick, Math.max(0, x - thick / 2)), 4, thick, height - 4);
    }
}
