// The editor of the open note, in place of its player: puts the parts together. What they ask of one another goes
// through here.

import { element, setText } from "../dom.js";
import { createEditClient } from "./editClient.js";
import * as commands from "./editCommands.js";
import { askAboutConflict } from "./editConflict.js";
import { createEditDialogs } from "./editDialogs.js";
import { offerExport } from "./editExport.js";
import { addGestures } from "./editGestures.js";
import { chooseNote } from "./editJoin.js";
import { createEditKeys } from "./editKeys.js";
import { createEditModel } from "./editModel.js";
import { createPeaks } from "./editPeaks.js";
import { createEditPlaces } from "./editPlaces.js";
import { createEditPlayback } from "./editPlayback.js";
import { createSilencePanel } from "./editSilencePanel.js";
import { shortText } from "./editTime.js";
import { createEditToolbar } from "./editToolbar.js";
import { createEditVersions } from "./editVersions.js";
import { createEditWave } from "./editWave.js";

/** `onClose()` asks for the player back. */
export function createEditor({ client, toasts, note, onClose }) {
    const requests = createEditClient(client, note.id);
    const notesOf = new Map([[note.recording.id, note.id]]);
    const exportListeners = new Set();
    let released = false;

    const model = createEditModel({
        requests, onProblem: toasts.problem, onConflict: askAboutConflict, onChange: (what) => changes[what](),
    });
    const peaks = createPeaks({
        fetch: requests.peaks, onChange: () => wave.redraw(),
        onProblem: (problem) => {
            if (problem.code !== "not_ready") toasts.problem(problem, "The waveform could not be loaded.");
        },
    });
    const wave = createEditWave({ model, peaks, onView: () => toolbar.update() });
    const playback = createEditPlayback({
        client, requests, model, toasts, onChange: () => toolbar.update(), onPlace: showPlayhead,
    });
    const places = createEditPlaces({ model, wave });
    const versions = createEditVersions({ model, done });
    const dialogs = createEditDialogs({ model, done });
    const silence = createSilencePanel({
        requests, model, wave, done, noteOf: (recording) => notesOf.get(recording), onProblem: toasts.problem,
        onClose: (toButton) => {
            toolbar.update();
            if (toButton) toolbar.focus("silence");
        },
    });
    const does = {
        play: () => playback.toggle(),
        loop: () => playback.setLoops(!playback.loops()),
        cut: () => done(model.apply(commands.cut), "Cut."),
        trim: () => done(model.apply(commands.trim), "Trimmed."),
        split: () => done(model.apply(commands.split), "Split."),
        undo: () => done(model.undo(), "Undone."),
        redo: () => done(model.redo(), "Done again."),
        move: () => model.selection() && dialogs.moveTo(),
        insertSilence: dialogs.insertSilence,
        gain: dialogs.gain, fades: dialogs.fades, normalize: dialogs.normalize, noise: dialogs.noise,
        crossfade: () => model.edit().list.segments.length > 1 && dialogs.crossfade(),
        join, silence: toggleSilence,
        exportIt: () => offerExport({ requests, model, toasts, onNews }),
        zoomIn: () => wave.zoom(2), zoomOut: () => wave.zoom(0.5), fit: () => wave.fit(),
        showSelection: () => model.selection() && wave.showRange(model.selection()),
        close: () => onClose(),
        escape,
    };
    // Nothing of it makes sense before the edit is there.
    const whenLoaded = Object.fromEntries(Object.entries(does).map(([name, run]) => [
        name, () => (model.edit() !== null || name === "close" || name === "escape" ? run() : undefined),
    ]));
    const toolbar = createEditToolbar({
        model, wave, playback, silenceIsOpen: silence.isOpen, commands: whenLoaded,
    });
    const takeKey = createEditKeys({ model, wave, commands: whenLoaded });
    addGestures(wave, model, {
        onFade: (segment, lengths) => done(model.apply(() => commands.fade(segment, lengths)), "The fade is set."),
    });

    const said = element("p", { class: "visually-hidden", role: "status", testid: "edit-said" });
    const settings = element("p", { class: "editor-settings", testid: "edit-settings", hidden: true });
    const node = element("section", { class: "player editor", testid: "editor", aria: { label: "Editor" },
        dataset: { state: "loading" } },
    toolbar.head, element("div", { class: "editor-stage" }, wave.node, wave.scroll),
    element("div", { class: "editor-line" }, toolbar.transport, places.node), toolbar.tools, settings, silence.node,
    versions.node, said, playback.node);

    const changes = {
        edit() {
            node.dataset.state = "ready";
            node.dataset.head = model.head() ?? "";
            node.dataset.length = String(model.length());
            node.dataset.segments = String(model.edit().list.segments.length);
            peaks.setVersion(model.head(), model.length());
            playback.changed();
            silence.update();
            showSettings();
            versions.render();
            changes.places();
        },
        places() {
            wave.update();
            places.show();
            playback.selected();
            toolbar.update();
        },
        versions: () => versions.render(),
        busy: () => toolbar.update(),
    };

    function showSettings() {
        const { normalize, noiseReduction } = model.edit().list.settings;
        const words = [
            normalize ? `Normalised to ${normalize.target} LUFS, at most ${normalize.ceiling} dBTP` : "",
            noiseReduction > 0 ? `Noise reduction ${Math.round(noiseReduction * 100)} %` : "",
        ].filter(Boolean);
        settings.hidden = words.length === 0;
        setText(settings, `${words.join(". ")}. Heard in playing and exports, not seen in the waveform.`);
    }

    /** Says what was done, to those who do not see it. */
    async function done(work, words = "") {
        const worked = await work;
        if (worked && !released) {
            const sentence = typeof words === "function" ? words() : words;
            setText(said, `${sentence} The edit is ${shortText(model.length(), model.rate())} long.`);
        }
        return worked;
    }

    function showPlayhead(sample) {
        wave.setPlayhead(sample);
        if (sample === null) return;
        const x = (sample - wave.view().start) / wave.view().perPixel;
        // A page at a time, and only while it is in sight: whoever looks elsewhere is left there.
        if (x > wave.width() && x < wave.width() + 80) wave.scrollBy(wave.width() * 0.9);
    }

    async function join() {
        const chosen = await chooseNote({
            requests, at: shortText(model.cursor(), model.rate()), problem: toasts.problem,
        });
        if (!chosen) return;
        notesOf.set(chosen.recording.id, chosen.id);
        await done(model.apply((now) => commands.join(now, chosen.recording.id)), "Joined.");
    }

    function toggleSilence() {
        if (silence.isOpen()) silence.close(true);
        else silence.open();
        toolbar.update();
    }

    /** One step back: the panel, the selection, the editor. */
    function escape() {
        if (silence.isOpen()) silence.close(true);
        else if (model.selection()) model.place({ selection: null });
        else onClose();
    }

    function onNews(listener) {
        exportListeners.add(listener);
        return () => exportListeners.delete(listener);
    }

    async function start() {
        try {
            await model.load();
        } catch (problem) {
            if (released) return;
            if (problem.name !== "Problem") throw problem;
            toasts.problem(problem, "The editor could not be opened.");
            onClose();
        }
    }

    toolbar.update();
    start();
    return {
        node,
        focus: () => wave.node.focus({ preventScroll: true }),
        /** Keys on the editor, and on the pane itself; says whether it took this one. */
        takeKey: (event) => model.edit() !== null && (node.contains(event.target) || event.target.id === "detail")
            && takeKey(event),
        showExportProgress: (fraction) => exportListeners.forEach((listener) => listener(fraction)),
        release() {
            released = true;
            playback.release();
            peaks.release();
            wave.release();
        },
    };
}
