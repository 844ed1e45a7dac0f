// Joining another note: a search, and the notes that it finds.

import { debounced, element, setText } from "../dom.js";
import { clock, countOf, fullTime } from "../format.js";
import { ask, field } from "./editForm.js";

/** Resolves to the note that was chosen, or null. */
export function chooseNote({ requests, at, problem }) {
    const chosen = { note: null };
    const status = element("p", { class: "dialog-hint", role: "status" });
    const list = element("fieldset", { class: "dialog-choices editor-notes" },
        element("legend", { class: "visually-hidden", textContent: "Notes" }));
    const search = field({ label: "Search your notes", value: "", type: "search", testid: "join-search",
        parse: (text) => text, wrong: "" });
    let asked = 0;

    async function find() {
        const mine = asked += 1;
        setText(status, "Searching");
        try {
            const notes = await requests.findNotes(search.input.value.trim());
            if (mine !== asked) return;
            setText(status, notes.length === 0 ? "Nothing found." : `${countOf(notes.length, "note")}.`);
            chosen.note = null;
            list.replaceChildren(list.firstElementChild, ...notes.map(row));
        } catch (error) {
            if (mine !== asked) return;
            setText(status, "");
            problem(error);
        }
    }

    function row(note) {
        const facts = `${clock((note.recording?.durationMs ?? 0) / 1000)}, ${fullTime(note.createdAt)}`;
        const input = element("input", {
            type: "radio", name: "join-note", value: note.id, testid: "join-note",
            on: { change: () => { chosen.note = note; } },
        });
        return element("label", { class: "dialog-choice" }, input, element("span", { class: "editor-note" },
            element("span", { class: "editor-note-title", textContent: note.title || "Untitled" }),
            element("span", { class: "dialog-hint", textContent: facts })));
    }

    search.input.addEventListener("input", debounced(250, find));
    find();
    return ask({
        title: "Join another note", text: `Its recording goes in at the cursor, ${at}. The note itself stays.`,
        testid: "join-dialog", body: [search.node, status, list], submit: "Join",
        collect: () => {
            if (!chosen.note) setText(status, "Choose one of the notes first.");
            return chosen.note;
        },
    });
}
