// The input level: RMS as a bar, the peak held for a moment, a mark that stays after clipping, and a moving picture of
// the last seconds. Decibels are relative to full scale.

import { canvasSurface, themeColour, traceBars } from "./canvasSurface.js";
import { element, setAttribute, setText } from "./dom.js";

const floorDecibels = -60;
const peakHoldMs = 1_500;
const peakFallPerSecond = 24;
const clipsAt = 0.99;
const clipHoldMs = 4_000;
const barEveryMs = 50;
const sayEveryMs = 250;
const silentAfterMs = 6_000;
const silentBelow = -58;

function decibels(amplitude) {
    return amplitude > 0 ? Math.max(floorDecibels, 20 * Math.log10(amplitude)) : floorDecibels;
}

function along(value, width) {
    return Math.max(0, Math.min(1, 1 - value / floorDecibels)) * width;
}

/** `analyser()` answers the AnalyserNode to read, or null when nothing is recorded. */
export function createLevelMeter({ analyser, isRecording }) {
    const samples = new Float32Array(2048);
    let history = [];
    let rms = floorDecibels;
    let held = floorDecibels;
    let heldAt = 0;
    let clippedAt = -Infinity;
    let loudest = 0;
    let barAt = 0;
    let saidAt = 0;
    let heardAt = 0;
    let lastAt = 0;
    let frame = 0;

    const bar = element("canvas", {
        class: "level-canvas", role: "meter", testid: "level",
        aria: { label: "Input level", valuemin: floorDecibels, valuemax: 0, valuenow: floorDecibels },
    });
    const clip = element("span", { class: "clip-mark", textContent: "Clip", hidden: true });
    const trail = element("canvas", { class: "trail-canvas", aria: { hidden: true } });
    const warning = element("p", { class: "level-warning", role: "status" });

    const barSurface = canvasSurface(bar, (context, width, height) => {
        context.fillStyle = themeColour(bar, "--meter-track");
        context.beginPath();
        if (context.roundRect) context.roundRect(0, 0, width, height, height / 2);
        else context.rect(0, 0, width, height);
        context.fill();
        context.clip();
        const zones = [[floorDecibels, -18, "--meter-low"], [-18, -6, "--meter-mid"], [-6, 0, "--meter-high"]];
        for (const [from, to, colour] of zones) {
            const left = along(from, width);
            const right = Math.min(along(rms, width), along(to, width));
            if (right <= left) continue;
            context.fillStyle = themeColour(bar, colour);
            context.fillRect(left, 0, right - left, height);
        }
        if (held > floorDecibels) {
            context.fillStyle = themeColour(bar, "--ink");
            context.fillRect(Math.min(width - 2, along(held, width)), 0, 2, height);
        }
    });

    const trailSurface = canvasSurface(trail, (context, width, height) => {
        const pitch = 4;
        const count = Math.floor(width / pitch);
        const recent = history.slice(-count);
        const bars = [...Array.from({ length: count - recent.length }, () => 0), ...recent]
            .map((peak) => ({ low: -peak, high: peak }));
        context.beginPath();
        traceBars(context, bars, { pitch, thickness: 2.5, height });
        context.fillStyle = themeColour(trail, isRecording() ? "--record" : "--wave");
        context.fill();
    });

    function measure(now) {
        const source = analyser();
        if (!source) return;
        source.getFloatTimeDomainData(samples);
        let sum = 0;
        let peak = 0;
        for (const sample of samples) {
            sum += sample * sample;
            peak = Math.max(peak, Math.abs(sample));
        }
        const level = decibels(Math.sqrt(sum / samples.length));
        const seconds = (now - lastAt) / 1000;
        // Up at once, down slowly, as a level meter does.
        rms = level > rms ? level : Math.max(level, rms - 40 * seconds);
        const peakLevel = decibels(peak);
        if (peakLevel >= held) {
            held = peakLevel;
            heldAt = now;
        } else if (now - heldAt > peakHoldMs) {
            held = Math.max(peakLevel, held - peakFallPerSecond * seconds);
        }
        if (peak >= clipsAt) clippedAt = now;
        if (peakLevel > silentBelow || !isRecording()) heardAt = now;
        loudest = Math.max(loudest, peak);
        lastAt = now;
    }

    function tick(now) {
        frame = requestAnimationFrame(tick);
        measure(now);
        if (isRecording() && now - barAt >= barEveryMs) {
            // The square root makes quiet speech visible.
            history.push(Math.sqrt(loudest));
            if (history.length > 1_000) history = history.slice(-500);
            loudest = 0;
            barAt = now;
        }
        barSurface.redraw();
        trailSurface.redraw();
        if (now - saidAt < sayEveryMs) return;
        saidAt = now;
        setAttribute(bar, "aria-valuenow", Math.round(rms));
        setAttribute(bar, "aria-valuetext", `${Math.round(rms)} decibels`);
        clip.hidden = now - clippedAt > clipHoldMs;
        setText(warning, now - heardAt > silentAfterMs ? "No sound is coming in. Check the microphone." : "");
    }

    return {
        bar, clip, trail, warning,
        start() {
            history = [];
            rms = floorDecibels;
            held = floorDecibels;
            clippedAt = -Infinity;
            loudest = 0;
            lastAt = performance.now();
            heardAt = lastAt;
            cancelAnimationFrame(frame);
            frame = requestAnimationFrame(tick);
        },
        stop() {
            cancelAnimationFrame(frame);
            setText(warning, "");
        },
    };
}
