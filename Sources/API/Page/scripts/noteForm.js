// Editing a note: title, text, tags and folder. Changes are saved when a field is left, with If-Match; a note that
// changed elsewhere meanwhile is loaded again, and what was typed here is offered back, never dropped.

import { element, setText } from "./dom.js";

const mostTags = 50;

function tagsFrom(text) {
    const seen = new Map();
    for (const part of text.split(",")) {
        const tag = part.trim().replace(/^#/, "");
        if (tag && !seen.has(tag.toLowerCase())) seen.set(tag.toLowerCase(), tag);
    }
    return [...seen.values()].slice(0, mostTags);
}

/** `patch(changes, version)` sends; it answers the note or throws a Problem. `refetch()` answers the newest note. */
export function createNoteForm({ patch, refetch, folderNames, tagNames, toasts, onSaved }) {
    let base = null;
    let saving = null;

    const title = element("input", {
        class: "title-input", type: "text", maxLength: 255, testid: "title-input", placeholder: "Untitled",
        aria: { label: "Title" }, autocomplete: "off",
    });
    const text = element("textarea", {
        id: "note-text", rows: 5, testid: "text-input", placeholder: "What is it about?",
    });
    const tags = element("input", {
        id: "note-tags", type: "text", testid: "tags-input", placeholder: "work, idea", autocomplete: "off",
    });
    const folderChoices = element("datalist", { id: "folder-choices" });
    const tagHints = element("div", { class: "tag-hints" });
    const folder = element("input", {
        id: "note-folder", type: "text", maxLength: 255, testid: "folder-input", placeholder: "None",
        autocomplete: "off",
    });
    folder.setAttribute("list", folderChoices.id);
    const conflict = element("div", { class: "conflict", role: "alert", hidden: true });
    const saved = element("span", { class: "saved", role: "status", testid: "save-status" });
    const save = element("button", {
        type: "button", class: "button primary small", textContent: "Save", testid: "save", hidden: true,
        on: { click: () => keep() },
    });

    const fields = {
        title: { input: title, read: () => title.value.trim(), show: (note) => note.title ?? "" },
        text: { input: text, read: () => text.value, show: (note) => note.text ?? "" },
        tags: { input: tags, read: () => tagsFrom(tags.value), show: (note) => (note.tags ?? []).join(", ") },
        folder: { input: folder, read: () => folder.value.trim() || null, show: (note) => note.folder ?? "" },
    };

    const node = element("form", { class: "note-form", on: { submit: (event) => { event.preventDefault(); keep(); } } },
        conflict,
        element("div", { class: "field wide" }, element("label", { htmlFor: text.id, textContent: "Text" }), text),
        element("div", { class: "field" }, element("label", { htmlFor: tags.id, textContent: "Tags, with commas" }),
            tags, tagHints),
        element("div", { class: "field" }, element("label", { htmlFor: folder.id, textContent: "Folder" }), folder,
            folderChoices));

    function same(one, other) {
        return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
    }

    function dirtyFields() {
        if (!base) return {};
        return Object.fromEntries(Object.entries(fields)
            .filter(([name, field]) => !same(field.read(), name === "tags" ? base.tags ?? [] : base[name]))
            .map(([name, field]) => [name, field.read()]));
    }

    function showDirt() {
        save.hidden = Object.keys(dirtyFields()).length === 0;
        if (!save.hidden) setText(saved, "");
    }

    // Written only where it differs, so that a cursor in an unchanged field stays where it is.
    function fill(note) {
        for (const field of Object.values(fields)) {
            const value = field.show(note);
            if (field.input.value !== value) field.input.value = value;
        }
        base = note;
        showDirt();
    }

    async function keepOnce() {
        const changes = dirtyFields();
        if (Object.keys(changes).length === 0) return;
        setText(saved, "Saving");
        try {
            const note = await patch(changes, base.version);
            // What was typed while this was on its way stays, and is saved next.
            const typed = dirtyFields();
            const since = Object.entries(typed).filter(([name, value]) => !same(value, changes[name]));
            fill(note);
            for (const [name, value] of since) fields[name].input.value = fields[name].show({ [name]: value });
            showDirt();
            setText(saved, "Saved");
            onSaved(note);
        } catch (problem) {
            setText(saved, "Not saved");
            if (problem.status === 412) await explainConflict(changes);
            else toasts.problem(problem, "The note was not saved.");
        }
    }

    function keep() {
        saving = (saving ?? Promise.resolve()).then(keepOnce);
        return saving;
    }

    async function explainConflict(changes) {
        try {
            const note = await refetch();
            fill(note);
            onSaved(note);
        } catch (problem) {
            toasts.problem(problem, "The newer version could not be loaded.");
            return;
        }
        const dismiss = () => {
            conflict.hidden = true;
            conflict.replaceChildren();
        };
        conflict.replaceChildren(
            element("p", { textContent: "This note was changed elsewhere. You see the newer version now." }),
            element("div", { class: "conflict-buttons" },
                element("button", {
                    type: "button", class: "button small", textContent: "Put my changes back", testid: "reapply",
                    on: {
                        click: () => {
                            for (const [name, value] of Object.entries(changes)) {
                                fields[name].input.value = fields[name].show({ [name]: value });
                            }
                            dismiss();
                            keep();
                        },
                    },
                }),
                element("button", {
                    type: "button", class: "button small quiet", textContent: "Keep the newer version",
                    on: { click: dismiss },
                })));
        conflict.hidden = false;
    }

    for (const { input } of Object.values(fields)) {
        input.addEventListener("input", showDirt);
        input.addEventListener("change", keep);
    }
    title.addEventListener("keydown", (event) => {
        if (event.key === "Enter") keep();
    });
    node.addEventListener("keydown", (event) => {
        if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            keep();
        }
    });
    folder.addEventListener("focus", () => {
        folderChoices.replaceChildren(...folderNames().map((name) => element("option", { value: name })));
    });
    tags.addEventListener("focus", () => {
        const taken = tagsFrom(tags.value).map((tag) => tag.toLowerCase());
        tagHints.replaceChildren(...tagNames().filter((tag) => !taken.includes(tag.toLowerCase())).slice(0, 8)
            .map((tag) => element("button", {
                type: "button", class: "tag-hint", textContent: `#${tag}`, aria: { label: `Add the tag ${tag}` },
                on: {
                    click: (event) => {
                        tags.value = [...tagsFrom(tags.value), tag].join(", ");
                        event.currentTarget.remove();
                        keep();
                    },
                },
            })));
    });

    return {
        node,
        title,
        /** What became of the last change, for the head of the pane. */
        outcome: [saved, save],
        keep,
        /** The version that the fields show. */
        version: () => base?.version ?? 0,
        isDirty: () => Object.keys(dirtyFields()).length > 0,
        /** News of the note. While something is being typed, only news that leaves these fields alone is taken in. */
        setNote(note) {
            if (base && note.version < base.version) return;
            const untouched = !base || Object.keys(fields).every((name) => same(note[name], base[name]));
            if (!base || Object.keys(dirtyFields()).length === 0) fill(note);
            else if (untouched) base = note;
        },
    };
}
