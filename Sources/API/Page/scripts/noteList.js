// The list on the page: rows for the notes in the store, search and filters, endless scroll with a button for those
// who do not scroll, and one line that says what is shown.

import { arrange, debounced, element, oncePerFrame, setText } from "./dom.js";
import { countOf } from "./format.js";
import { createNoteRow } from "./noteRow.js";
import { createNoteStore } from "./noteStore.js";
import { syncOf } from "./replicaState.js";

const emptyWords = {
    all: "No notes yet. Record one, or drop audio files here.",
    archived: "Nothing is archived.",
    trash: "The trash is empty.",
};

/** `onShown()` is called whenever the list has been drawn, `onView()` when another view of it was asked for. */
export function createNoteList({ client, thumbnails, toasts, href, openNote, selection, onShown, onView }) {
    const area = document.getElementById("list-area");
    const list = document.getElementById("note-list");
    const status = document.getElementById("list-status");
    const more = document.getElementById("load-more");
    const search = document.getElementById("search");
    const folders = document.getElementById("filter-folder");
    const tags = document.getElementById("filter-tag");
    const sync = document.getElementById("filter-sync");
    const views = [...document.querySelectorAll(".segments [data-view]")];
    const rows = new Map();
    let hasStores = false;

    const render = oncePerFrame(() => {
        const notes = store.ordered();
        const grouped = store.filter().view !== "trash";
        const wanted = [];
        let previous = null;
        for (const note of notes) {
            let row = rows.get(note.id);
            if (row) {
                row.update(note, store.progressOf(note.id));
            } else {
                row = createNoteRow(note, { thumbnails, href });
                rows.set(note.id, row);
                row.update(note, store.progressOf(note.id));
            }
            row.select(note.id === openNote());
            row.choose(selection.isOn() ? selection.has(note.id) : null);
            hasStores ||= ["pending", "synced", "failed"].includes(syncOf(note.recording));
            if (grouped) row.showDay(note, previous);
            previous = note;
            wanted.push(row.node);
        }
        arrange(list, wanted);
        if (rows.size > notes.length) {
            for (const [id, row] of rows) {
                if (store.get(id)) continue;
                row.release();
                rows.delete(id);
            }
        }
        sync.hidden = !hasStores && sync.value === "";
        list.dataset.selecting = String(selection.isOn());
        showStatus();
        fillScreen();
        onShown();
    });

    const store = createNoteStore({
        client,
        onChange: render,
        onProblem: (problem) => toasts.problem(problem, "The list could not be loaded."),
    });

    function showStatus() {
        const { loading, complete, size } = store.state();
        const { view, q, folder, tag, sync: copies } = store.filter();
        const narrowed = q.trim() !== "" || folder !== "" || tag !== "" || copies !== "";
        list.setAttribute("aria-busy", String(loading));
        more.hidden = complete || size === 0;
        more.disabled = loading;
        setText(more, loading ? "Loading" : "Load more");
        if (size > 0) setText(status, narrowed ? `${countOf(size, "note")}${complete ? "" : " so far"}` : "");
        else if (complete) setText(status, narrowed ? "No note matches." : emptyWords[view]);
        else setText(status, loading ? "Loading notes" : "");
        status.classList.toggle("empty", size === 0 && complete);
    }

    // The observer reports changes only. While a short page leaves the end in view, nothing changes, so ask again.
    let endInView = false;
    function fillScreen() {
        if (endInView) store.loadMore();
    }
    new IntersectionObserver((entries) => {
        endInView = entries.at(-1).isIntersecting;
        fillScreen();
    }, { root: area, rootMargin: "600px" }).observe(document.getElementById("list-end"));
    more.addEventListener("click", () => store.loadMore());

    const searchSoon = debounced(250, () => {
        if (store.filter().q !== search.value) store.setFilter({ q: search.value });
    });
    search.addEventListener("input", searchSoon);

    for (const button of views) {
        button.addEventListener("click", () => {
            for (const other of views) other.setAttribute("aria-pressed", String(other === button));
            area.scrollTop = 0;
            store.setFilter({ view: button.dataset.view });
            onView();
        });
    }
    folders.addEventListener("change", () => store.setFilter({ folder: folders.value }));
    tags.addEventListener("change", () => store.setFilter({ tag: tags.value }));
    sync.addEventListener("change", () => store.setFilter({ sync: sync.value }));

    // While notes are being selected, a click anywhere on a row selects it, and with Shift all since the last one.
    list.addEventListener("click", (event) => {
        const row = selection.isOn() ? event.target.closest(".row-line")?.parentElement : null;
        const note = row ? store.get(row.dataset.noteId) : null;
        if (note === null) return;
        if (!event.target.closest(".row-check")) event.preventDefault();
        selection.toggle(note, event.shiftKey ? store.ordered() : null);
    });

    function fillPicker(picker, all, items) {
        const chosen = picker.value;
        const names = items.map(({ name }) => name);
        if (chosen && !names.includes(chosen)) items = [...items, { name: chosen, count: 0 }];
        picker.replaceChildren(element("option", { value: "", textContent: all }),
            ...items.map(({ name, count }) => element("option", { value: name, textContent: `${name} (${count})` })));
        picker.value = chosen;
        picker.hidden = items.length === 0;
    }

    async function loadPickers() {
        try {
            const [folderList, tagList] = await Promise.all([client.get("/folders"), client.get("/tags")]);
            fillPicker(folders, "All folders", folderList.items);
            fillPicker(tags, "All tags", tagList.items);
        } catch {
            // The pickers keep what they had; the list itself reports when the server is away.
        }
    }
    fillPicker(folders, "All folders", []);
    fillPicker(tags, "All tags", []);

    const pickersSoon = debounced(1_500, loadPickers);
    const reloadSoon = debounced(300, () => store.reload());
    let labels = new Map();

    return {
        start() {
            store.load();
            loadPickers();
        },
        reloadSoon,
        refresh: render,
        get: store.get,
        ordered: store.ordered,
        progressOf: store.progressOf,
        setProgress: store.setProgress,
        view: () => store.filter().view,
        /** Whether any note has told of a store to be copied to. */
        hasStores: () => hasStores,
        remove(id) {
            store.remove(id);
            pickersSoon();
        },
        put(note) {
            if (!store.put(note)) reloadSoon();
            const label = JSON.stringify([note.folder, note.tags, note.trashedAt]);
            if (labels.get(note.id) !== label) pickersSoon();
            labels.set(note.id, label);
            if (labels.size > 2_000) labels = new Map();
        },
        folderNames: () => [...folders.options].slice(1).map((option) => option.value),
        tagNames: () => [...tags.options].slice(1).map((option) => option.value),
        focusRow: (id) => rows.get(id)?.link.focus(),
    };
}
