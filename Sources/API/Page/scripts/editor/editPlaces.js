// Cursor and selection as text fields, with the length of both the selection and the edit.

import { element, setAttribute, setText } from "../dom.js";
import { parseTime, shortText, timeText } from "./editTime.js";

export function createEditPlaces({ model, wave }) {
    const inputs = {};

    function input(name, label, testid, commit) {
        const node = element("input", {
            class: "editor-time", autocomplete: "off", spellcheck: false, inputMode: "decimal", testid,
            id: `editor-${name}`,
            on: {
                input: () => { node.dataset.typed = "true"; },
                change: () => take(node, commit),
                keydown: (event) => {
                    if (event.key === "Enter") take(node, commit);
                    if (event.key !== "Escape") return;
                    event.preventDefault();
                    event.stopPropagation();
                    delete node.dataset.typed;
                    show();
                    wave.node.focus({ preventScroll: true });
                },
            },
        });
        inputs[name] = node;
        return element("div", { class: "editor-place" },
            element("label", { htmlFor: node.id, textContent: label }), node);
    }

    function take(node, commit) {
        const sample = parseTime(node.value, model.rate());
        setAttribute(node, "aria-invalid", sample === null ? "true" : null);
        if (sample === null) return;
        delete node.dataset.typed;
        commit(sample);
        show();
    }

    function select(start, end) {
        const most = model.length();
        model.place({ selection: { start: Math.max(0, Math.min(start, end, most)),
            end: Math.min(most, Math.max(start, end)) } });
    }

    const total = element("output", {
        class: "editor-total", testid: "edit-total", aria: { label: "Length of the edit" },
    });
    const node = element("div", { class: "editor-places", role: "group", aria: { label: "Cursor and selection" } },
        input("cursor", "Cursor", "edit-cursor", (sample) => {
            model.place({ cursor: sample });
            wave.reveal(model.cursor());
        }),
        input("start", "From", "selection-start", (sample) => select(sample, model.selection()?.end
            ?? model.length())),
        input("end", "To", "selection-end", (sample) => select(model.selection()?.start
            ?? Math.min(model.cursor(), sample), sample)),
        input("length", "Selected", "selection-length", (samples) => {
            const start = model.selection()?.start ?? model.cursor();
            if (samples === 0) model.place({ selection: null });
            else select(start, start + samples);
        }),
        element("div", { class: "editor-place" }, element("span", { class: "editor-label", textContent: "Whole" }),
            total));

    /** What is being typed is left alone. */
    function show() {
        const rate = model.rate();
        const selection = model.selection();
        const values = {
            cursor: model.cursor(), start: selection?.start, end: selection?.end,
            length: selection && selection.end - selection.start,
        };
        for (const [name, sample] of Object.entries(values)) {
            const field = inputs[name];
            if (field.dataset.typed) continue;
            const text = sample === undefined || sample === null ? "" : timeText(sample, rate);
            if (field.value !== text) field.value = text;
            setAttribute(field, "aria-invalid", null);
            setAttribute(field, "data-sample", sample ?? null);
        }
        setText(total, shortText(model.length(), rate));
        setAttribute(total, "data-samples", model.length());
    }

    return { node, show };
}
