// The buttons of the editor, in groups. Each says its key; one that makes no sense now is greyed out and stays in the
// order of the Tab key, so that nobody loses the focus to a change.

import { element, setAttribute } from "../dom.js";
import { dressButton, iconButton } from "../icons.js";
import { forbid, isForbidden } from "../busyButton.js";

/** `commands` are functions by name. */
export function createEditToolbar({ model, wave, playback, silenceIsOpen, commands }) {
    const buttons = {};

    function button(name, picture, words, key, testid, options = {}) {
        const made = iconButton(picture, words, {
            class: "small", testid, ...options,
            on: { click: () => { if (!isForbidden(made)) commands[name](); } },
        });
        made.title = key ? `${words} (${keyWords(key)})` : words;
        if (key) made.setAttribute("aria-keyshortcuts", key);
        buttons[name] = made;
        return made;
    }
    const only = { iconOnly: true, class: "quiet" };
    const group = (label, ...inside) => element("div", { class: "editor-group", role: "group", aria: { label } },
        ...inside);

    const head = element("div", { class: "editor-head" },
        group("History", button("undo", "undo", "Undo", "Control+Z", "edit-undo", only),
            button("redo", "redo", "Redo", "Control+Shift+Z", "edit-redo", only)),
        element("span", { class: "editor-busy", testid: "edit-busy", aria: { hidden: true } }),
        group("Zoom", button("zoomOut", "zoomOut", "Zoom out", "-", "zoom-out", only),
            button("zoomIn", "zoomIn", "Zoom in", "+", "zoom-in", only),
            button("fit", "fit", "Show all", "0", "zoom-fit", only),
            button("showSelection", "selected", "Show the selection", "Z", "zoom-selection", only)),
        button("close", "check", "Done", null, "editor-close", { class: "small" }));
    const transport = element("div", { class: "editor-transport" },
        button("play", "play", "Play", "Space", "editor-play", { iconOnly: true, class: "play" }),
        button("loop", "retry", "Loop", "L", "editor-loop", { aria: { pressed: false } }));
    const tools = element("div", { class: "editor-tools", role: "toolbar", aria: { label: "Change the edit" } },
        group("Selection", button("cut", "cut", "Cut", "Delete X", "edit-cut"),
            button("trim", "trim", "Trim", "T", "edit-trim"), button("split", "split", "Split", "S", "edit-split"),
            button("move", "forward", "Move", "M", "edit-move")),
        group("Add", button("insertSilence", "dash", "Silence", "I", "edit-insert-silence"),
            button("join", "link", "Join", "J", "edit-join")),
        group("Sound", button("gain", "volume", "Gain", "G", "edit-gain"),
            button("fades", "fade", "Fades", "F", "edit-fades"),
            button("crossfade", "crossfade", "Crossfade", "C", "edit-crossfade")),
        group("Whole edit", button("normalize", "level", "Normalise", "N", "edit-normalize"),
            button("noise", "noise", "Noise", "R", "edit-noise-reduction"),
            button("silence", "quiet", "Remove silence", "Q", "edit-remove-silence", { aria: { expanded: false } })),
        group("Result", button("exportIt", "download", "Export", "E", "edit-export")));

    // One stop for Tab, arrows inside: a toolbar as the ARIA guide describes it.
    const inTools = () => [...tools.querySelectorAll("button")];
    inTools().forEach((one, index) => { one.tabIndex = index === 0 ? 0 : -1; });
    tools.addEventListener("focusin", (event) => {
        const focused = event.target.closest("button");
        if (focused) inTools().forEach((one) => { one.tabIndex = one === focused ? 0 : -1; });
    });
    tools.addEventListener("keydown", (event) => {
        const all = inTools();
        const at = all.indexOf(document.activeElement);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
        if (to === undefined || at < 0 || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        event.stopPropagation();
        all[(to + all.length) % all.length].focus();
    });

    function update() {
        const edit = model.edit();
        const selection = model.selection();
        const length = model.length();
        const isPart = selection !== null && selection.end - selection.start < length;
        const cursorInside = model.cursor() > 0 && model.cursor() < length;
        const wrong = {
            undo: !edit?.canUndo, redo: !edit?.canRedo, cut: !isPart, trim: !isPart, move: !isPart,
            split: selection ? !isPart : !cursorInside, showSelection: !selection,
            crossfade: (edit?.list.segments.length ?? 0) < 2, exportIt: !edit, zoomIn: wave.isClosest(),
            zoomOut: edit !== null && !wave.canScroll(), fit: edit !== null && !wave.canScroll(),
        };
        for (const [name, forbidden] of Object.entries(wrong)) forbid(buttons[name], Boolean(forbidden));
        setAttribute(buttons.loop, "aria-pressed", playback.loops());
        setAttribute(buttons.silence, "aria-expanded", silenceIsOpen());
        const { normalize = null, noiseReduction = 0 } = edit?.list.settings ?? {};
        setAttribute(buttons.normalize, "data-on", normalize ? "true" : null);
        setAttribute(buttons.noise, "data-on", noiseReduction > 0 ? "true" : null);
        const isPlaying = playback.isPlaying();
        dressButton(buttons.play, isPlaying ? "pause" : "play",
            isPlaying ? "Stop" : selection ? "Play the selection" : "Play from the cursor");
        setAttribute(head.querySelector(".editor-busy"), "data-busy", model.isBusy() ? "true" : null);
    }

    return { head, transport, tools, update, focus: (name) => buttons[name].focus() };
}

function keyWords(key) {
    return key.split(" ").map((one) => one.replace("Control", "Ctrl")).join(" or ");
}
