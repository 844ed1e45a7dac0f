// What of an edit is in sight: where it begins (`start`, in samples) and how many samples a pixel covers. Pure.

/** 16 pixels a sample: closer there is nothing more to see. */
export const closest = 1 / 16;
export const tilePixels = 2048;

/** The farthest zoom, at which all fits. */
export function farthest(length, width) {
    return Math.max(closest, length / Math.max(1, width));
}

/** The nearest view that is possible. */
export function clampView({ start, perPixel }, length, width) {
    const fit = farthest(length, width);
    const zoom = Math.min(fit, Math.max(closest, perPixel));
    return { start: Math.max(0, Math.min(start, length - width * zoom)), perPixel: zoom };
}

/** The whole edit. */
export function fitView(length, width) {
    return clampView({ start: 0, perPixel: Infinity }, length, width);
}

/** Closer (`factor` above 1) or farther, with what is at the pixel `x` staying there. */
export function zoomAt(view, factor, x, length, width) {
    const zoom = Math.min(farthest(length, width), Math.max(closest, view.perPixel / factor));
    return clampView({ start: sampleAt(view, x) - x * zoom, perPixel: zoom }, length, width);
}

export function scrollBy(view, pixels, length, width) {
    return clampView({ ...view, start: view.start + pixels * view.perPixel }, length, width);
}

/** The range with some room around it. */
export function viewOf(range, length, width) {
    const span = Math.max(1, range.end - range.start) * 1.1;
    const middle = (range.start + range.end) / 2;
    return clampView({ start: middle - span / 2, perPixel: span / width }, length, width);
}

/** The view moved as little as it takes to have the sample in sight, with a margin. */
export function reveal(view, sample, length, width) {
    const margin = Math.min(40, width / 8);
    const x = xOf(view, sample);
    if (x < margin) return scrollBy(view, x - margin, length, width);
    if (x > width - margin) return scrollBy(view, x - width + margin, length, width);
    return view;
}

/** A place as a fraction of a sample; the sample under a pixel is its floor. */
export function sampleAt(view, x) {
    return view.start + x * view.perPixel;
}

export function xOf(view, sample) {
    return (sample - view.start) / view.perPixel;
}

/** The boundary between samples that is nearest to the pixel. */
export function boundaryAt(view, x, length) {
    return Math.max(0, Math.min(length, Math.round(sampleAt(view, x))));
}

/**
 * Samples a pixel of the peaks to ask for: the power of two that has one peak or more for each pixel, or that of the
 * overview, which has all.
 */
export function tileZoom(perPixel, length) {
    const coarsest = overviewZoom(length);
    let zoom = 1;
    while (zoom * 2 <= perPixel && zoom < coarsest) zoom *= 2;
    return zoom;
}

/** The zoom of which one tile has all. */
export function overviewZoom(length) {
    let zoom = 1;
    while (zoom * tilePixels < length) zoom *= 2;
    return zoom;
}

/** The tile with a number: the samples it covers, and its pixels. */
export function tileRange(zoom, index, length) {
    const start = index * zoom * tilePixels;
    const end = Math.min(length, start + zoom * tilePixels);
    return { start, end, pixels: Math.ceil((end - start) / zoom) };
}

/** The numbers of the tiles that are in sight. */
export function tilesInSight(view, zoom, length, width) {
    const size = zoom * tilePixels;
    const first = Math.floor(view.start / size);
    const last = Math.floor((Math.min(length, view.start + width * view.perPixel) - 1) / size);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
    600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 36_000_000, 86_400_000].map((ms) => ms / 1000);

/** The marks of the ruler: `{x, seconds, digits}`, at least `room` pixels apart, with as many decimals as they need. */
export function rulerMarks(view, width, rate, room = 84) {
    const perPixel = view.perPixel / rate;
    let step = steps.find((one) => one / perPixel >= room) ?? steps.at(-1);
    let digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
    while (step / 10 / perPixel >= room && digits < 6) {
        step /= 10;
        digits = Math.max(3, digits) + 1;
    }
    const marks = [];
    const last = Math.floor((view.start / rate + width * perPixel) / step);
    for (let index = Math.ceil(view.start / rate / step); index <= last; index += 1) {
        const seconds = index * step;
        marks.push({ x: xOf(view, seconds * rate), seconds, digits });
    }
    return marks;
}
