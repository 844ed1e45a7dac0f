// What the editor asks before it changes something: how loud, how long, where to, how clean.

import { element, setText } from "../dom.js";
import * as commands from "./editCommands.js";
import { ask, field, numberField, timeField } from "./editForm.js";
import { longestCrossfade, nearestJoint, segmentAt } from "./editSegments.js";
import { samplesOf, shortText } from "./editTime.js";

const targets = [["-16", "−16 LUFS, podcasts"], ["-18", "−18 LUFS, speech"], ["-23", "−23 LUFS, broadcast"]];

/** Each asks, and applies what was answered; all resolve when that is done. */
export function createEditDialogs({ model, done }) {
    const rate = () => model.rate();

    async function applyAnswer(answer, make, words) {
        if (answer !== null) await done(model.apply((places) => make(places, answer)), words);
    }

    async function gain() {
        const level = numberField({ label: "Change of level in dB", number: -3, lowest: -60, highest: 60, unit: "dB",
            testid: "edit-decibels", hint: "Negative is quieter. −6 dB is half the amplitude." });
        const answer = await ask({
            title: model.selection() ? "Gain of the selection" : "Gain of the whole edit", testid: "gain-dialog",
            body: [level.node], submit: "Change the level", collect: () => level.read(),
        });
        await applyAnswer(answer, commands.gain, "The level is changed.");
    }

    async function insertSilence() {
        const length = timeField({ label: "Length", samples: samplesOf(1, rate()), rate: rate(),
            testid: "edit-length", hint: `It goes in at the cursor, ${shortText(model.cursor(), rate())}.` });
        const answer = await ask({
            title: "Insert silence", testid: "silence-dialog", body: [length.node], submit: "Insert",
            collect: () => {
                const found = length.read();
                if (found === 0) length.complain("At least one sample.");
                return found === 0 ? null : found;
            },
        });
        await applyAnswer(answer, commands.insertSilence, "Silence is inserted.");
    }

    async function moveTo() {
        const { start, end } = model.selection();
        const cursor = model.cursor();
        if (cursor < start || cursor > end) {
            await done(model.apply((places) => commands.move(places, cursor)), "The selection is moved.");
            return;
        }
        const place = timeField({
            label: "Move the selection to", samples: 0, rate: rate(), longest: model.length(), testid: "edit-place",
            hint: "As it is before the move. Or place the cursor with ctrl and a click, and move then.",
        });
        const answer = await ask({
            title: "Move the selection", testid: "move-dialog", body: [place.node], submit: "Move",
            collect: () => {
                const found = place.read();
                if (found === null || found < start || found > end) return found;
                place.complain(`A place before ${shortText(start, rate())} or after ${shortText(end, rate())}.`);
                return null;
            },
        });
        await applyAnswer(answer, commands.move, "The selection is moved.");
    }

    async function fades() {
        const timeline = model.timeline();
        const index = segmentAt(timeline, model.cursor());
        const segment = timeline.segments[index];
        const last = timeline.segments.length - 1;
        const isOnly = last === 0;
        const sides = isOnly ? "the edit" : `segment ${index + 1} of ${last + 1}`;
        const span = `${shortText(timeline.starts[index], rate())} to ${shortText(timeline.ends[index], rate())}`;
        const longest = segment.end - segment.start;
        const fadeIn = timeField({ label: "Fade in", samples: segment.fadeIn, rate: rate(), longest,
            testid: "edit-fade-in" });
        const fadeOut = timeField({ label: "Fade out", samples: segment.fadeOut, rate: rate(), longest,
            testid: "edit-fade-out", hint: "0 is none. The first and the last segment fade the edit itself." });
        const answer = await ask({
            title: `Fades of ${sides}`, text: `The segment at the cursor: ${span}.`, testid: "fade-dialog",
            body: [fadeIn.node, fadeOut.node], submit: "Fade",
            collect: () => {
                const lengths = { in: fadeIn.read(), out: fadeOut.read() };
                if (lengths.in === null || lengths.out === null) return null;
                if (lengths.in + lengths.out <= longest) return lengths;
                fadeOut.complain(`Together at most ${shortText(longest, rate())}.`);
                return null;
            },
        });
        await applyAnswer(answer, (_, lengths) => commands.fade(index, lengths), "The fades are set.");
    }

    async function crossfade() {
        const timeline = model.timeline();
        const index = nearestJoint(timeline, model.cursor());
        const at = timeline.starts[index];
        const longest = longestCrossfade(timeline, index);
        const length = timeField({
            label: "Length", rate: rate(), longest, testid: "edit-length",
            samples: timeline.segments[index].overlap || Math.min(longest, samplesOf(0.05, rate())),
            hint: "0 turns it off. Both sides overlap that much, and the edit gets shorter by it.",
        });
        const answer = await ask({
            title: "Crossfade", text: `At the joint nearest to the cursor, ${shortText(at, rate())}.`,
            testid: "crossfade-dialog", body: [length.node], submit: "Crossfade", collect: () => length.read(),
        });
        await applyAnswer(answer, (_, samples) => commands.crossfade(at, samples), "The crossfade is set.");
    }

    async function normalize() {
        const { normalize: now } = model.edit().list.settings;
        const known = now ? String(now.target) : "-16";
        const isOwn = !targets.some(([value]) => value === known);
        const choice = element("select", { class: "picker wide", id: "edit-target", testid: "edit-target" },
            ...targets.map(([value, words]) => element("option", { value, textContent: words })),
            element("option", { value: "own", textContent: "My own target" }),
            element("option", { value: "off", textContent: "Off: as loud as it was recorded" }));
        choice.value = isOwn ? "own" : known;
        const target = numberField({ label: "Target in LUFS", number: now?.target ?? -20, lowest: -70, highest: -5,
            testid: "edit-own-target" });
        const ceiling = numberField({ label: "Ceiling in dBTP", number: now?.ceiling ?? -1, lowest: -20, highest: 0,
            testid: "edit-ceiling", hint: "No peak gets louder than this, even if the target is missed for it." });
        const show = () => {
            target.node.hidden = choice.value !== "own";
            ceiling.node.hidden = choice.value === "off";
        };
        choice.addEventListener("change", show);
        show();
        const answer = await ask({
            title: "Normalise the loudness", testid: "normalize-dialog", submit: "Set",
            text: "It is measured for the whole edit when it is exported or played, and changes nothing else.",
            body: [element("div", { class: "field" }, element("label", { htmlFor: choice.id, textContent: "Loudness" }),
                choice), target.node, ceiling.node],
            collect: () => {
                if (choice.value === "off") return { target: null, ceiling: 0 };
                const wanted = choice.value === "own" ? target.read() : Number(choice.value);
                const most = ceiling.read();
                return wanted === null || most === null ? null : { target: wanted, ceiling: most };
            },
        });
        await applyAnswer(answer, (_, { target: to, ceiling: most }) => commands.normalize(to, most),
            "The loudness is set.");
    }

    async function noise() {
        const slider = field({
            label: "Noise reduction", type: "range", min: "0", max: "1", step: "0.05", testid: "edit-noise",
            value: String(model.edit().list.settings.noiseReduction), parse: Number, wrong: "",
            hint: "More takes away more of the noise, and some of the voice.",
        });
        const shown = element("output", { class: "editor-output" });
        const show = () => {
            const value = Number(slider.input.value);
            const words = value === 0 ? "Off" : `${Math.round(value * 100)} %`;
            setText(shown, words);
            slider.input.setAttribute("aria-valuetext", words);
        };
        slider.input.addEventListener("input", show);
        show();
        const answer = await ask({
            title: "Noise reduction", testid: "noise-dialog", body: [slider.node, shown], submit: "Set",
            collect: () => slider.read(),
        });
        await applyAnswer(answer, (_, strength) => commands.noiseReduction(strength), "The noise reduction is set.");
    }

    return { gain, insertSilence, moveTo, fades, crossfade, normalize, noise };
}
