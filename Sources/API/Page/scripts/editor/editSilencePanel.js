// Removing silence, with what would go shaded on the waveform before it goes.

import { element, setText } from "../dom.js";
import { countOf } from "../format.js";
import { iconButton } from "../icons.js";
import { goingRanges, silentSamples, totalLength, unknownSources } from "./editSilence.js";
import * as commands from "./editCommands.js";
import { numberField } from "./editForm.js";
import { samplesOf, shortText } from "./editTime.js";

const mostRanges = 5000;

/** `noteOf(recording)` answers the id of the note that a recording belongs to, where it is known here. */
export function createSilencePanel({ requests, model, wave, noteOf, onProblem, onClose, done }) {
    const maps = new Map();
    let floor = { thresholdDBFS: -50, minimumMs: 500 };
    let isOpen = false;
    let shown = null;

    const minimum = numberField({ label: "Silence of at least, in seconds", number: 0.8, lowest: 0.01, highest: 3600,
        testid: "silence-minimum" });
    const keep = numberField({ label: "Leave at each side, in seconds", number: 0.15, lowest: 0, highest: 3600,
        testid: "silence-keep" });
    const threshold = element("p", { class: "dialog-hint", testid: "silence-threshold" });
    const words = element("p", { class: "editor-preview", role: "status", testid: "silence-preview" });
    const apply = iconButton("cut", "Remove it", { class: "primary", testid: "silence-apply", on: { click: remove } });
    const node = element("section", { class: "editor-panel", aria: { label: "Remove silence" },
        testid: "silence-panel", hidden: true },
    element("div", { class: "editor-panel-fields" }, minimum.node, keep.node), threshold, words,
    element("div", { class: "editor-buttons" }, apply,
        iconButton("close", "Close", { class: "quiet", testid: "silence-close", on: { click: () => close(true) } })));

    for (const one of [minimum, keep]) one.input.addEventListener("input", preview);

    function values() {
        const least = Number(minimum.input.value.replace(",", "."));
        const stays = Number(keep.input.value.replace(",", "."));
        if (!(least > 0) || !(stays >= 0)) return null;
        return { minimum: Math.max(1, samplesOf(least, model.rate())), keep: samplesOf(stays, model.rate()) };
    }

    function preview() {
        if (!isOpen) return;
        const wanted = values();
        const silences = new Map();
        for (const { recording, length } of model.edit().list.sources) {
            const map = maps.get(recording);
            if (map) silences.set(recording, silentSamples(map, model.rate(), length));
        }
        shown = wanted && goingRanges(model.edit().list, silences, wanted.minimum, wanted.keep);
        wave.setGoing(shown ?? []);
        const unknown = unknownSources(model.edit().list, silences).length;
        setText(words, sentence(shown, unknown));
        node.dataset.samples = String(shown ? totalLength(shown) : 0);
        node.dataset.ranges = String(shown?.length ?? 0);
        apply.disabled = !shown || (shown.length === 0 && unknown === 0) || shown.length > mostRanges
            || totalLength(shown) >= model.length();
    }

    function sentence(ranges, unknown) {
        if (!ranges) return "Fill in both times.";
        const rest = unknown > 0 ? " Silence in joined recordings is not shown here, and goes too." : "";
        if (ranges.length === 0) return `There is no silence that long.${rest}`;
        if (ranges.length > mostRanges) return "There are too many silent places. Ask for longer ones.";
        const gone = totalLength(ranges);
        if (gone >= model.length()) return "All of it is silent: nothing would be left.";
        const rate = model.rate();
        return `${countOf(ranges.length, "place goes", "places go")}, ${shortText(gone, rate)} in all: `
            + `${shortText(model.length(), rate)} becomes ${shortText(model.length() - gone, rate)}.${rest}`;
    }

    async function fetchMaps() {
        const missing = model.edit().list.sources.filter(({ recording }) => (
            !maps.has(recording) && noteOf(recording)));
        for (const { recording } of missing) {
            try {
                const map = await requests.silence(noteOf(recording));
                maps.set(recording, map);
                floor = map;
            } catch (problem) {
                onProblem(problem);
            }
        }
        setText(threshold, `Silent is what stays below ${floor.thresholdDBFS} dBFS for ${floor.minimumMs / 1000} s or `
            + "longer; that was measured when the recording was processed.");
    }

    async function remove() {
        if (minimum.read() === null || keep.read() === null) return;
        const wanted = values();
        const before = model.length();
        const worked = await done(model.apply(() => commands.removeSilence(wanted.minimum, wanted.keep)), () => (
            `Silence is removed: ${shortText(before - model.length(), model.rate())} less.`));
        if (worked) close(true);
    }

    async function open() {
        isOpen = true;
        node.hidden = false;
        setText(words, "Looking for silence");
        apply.disabled = true;
        minimum.input.focus();
        await fetchMaps();
        preview();
    }

    function close(toButton) {
        if (!isOpen) return;
        isOpen = false;
        node.hidden = true;
        wave.setGoing([]);
        onClose(toButton);
    }

    return {
        node, open, close,
        isOpen: () => isOpen,
        async update() {
            if (!isOpen) return;
            await fetchMaps();
            preview();
        },
    };
}
