// A canvas that is as sharp as the screen: its backing store follows its size on the page and devicePixelRatio, and
// it is drawn again when either changes or the colours do.

/** `draw(context, width, height)` works in CSS pixels. */
export function canvasSurface(canvas, draw) {
    const context = canvas.getContext("2d");

    function redraw() {
        const { clientWidth: width, clientHeight: height } = canvas;
        if (width === 0 || height === 0) return;
        const ratio = window.devicePixelRatio || 1;
        const wide = Math.round(width * ratio);
        const high = Math.round(height * ratio);
        if (canvas.width !== wide || canvas.height !== high) {
            canvas.width = wide;
            canvas.height = high;
        }
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        draw(context, width, height);
    }

    const observer = new ResizeObserver(redraw);
    observer.observe(canvas);
    const darkness = matchMedia("(prefers-color-scheme: dark)");
    darkness.addEventListener("change", redraw);
    return {
        redraw,
        release() {
            observer.disconnect();
            darkness.removeEventListener("change", redraw);
        },
    };
}

/** A colour from the style sheet, so that canvases follow the theme. */
export function themeColour(node, name) {
    return getComputedStyle(node).getPropertyValue(name).trim();
}

/** Adds vertical bars with round ends to the current path. `bars` hold low (≤ 0) and high (≥ 0) as fractions. */
export function traceBars(context, bars, { pitch, thickness, height, inset = 2 }) {
    const middle = height / 2;
    const reach = middle - inset;
    bars.forEach(({ low, high }, index) => {
        const top = middle - Math.max(high * reach, thickness / 2);
        const bottom = middle + Math.max(-low * reach, thickness / 2);
        const left = index * pitch + (pitch - thickness) / 2;
        if (context.roundRect) context.roundRect(left, top, thickness, bottom - top, thickness / 2);
        else context.rect(left, top, thickness, bottom - top);
    });
}
