// Files from the picker and from drag and drop, folders included. Every file is handed on; sorting out is the queue's.

import { element } from "./dom.js";
import { icon } from "./icons.js";

const accepted = "audio/*,video/webm,.wav,.mp3,.m4a,.aac,.ogg,.oga,.opus,.flac,.webm,.amr,.3gp,.aif,.aiff,.au";
const mostFiles = 5_000;

function fileOf(entry) {
    return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/** A reader answers a folder in parts (Chromium: a hundred at a time), and an empty part is the end. */
async function entriesOf(folder) {
    const reader = folder.createReader();
    const all = [];
    for (;;) {
        const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
        if (part.length === 0) return all;
        all.push(...part);
    }
}

async function filesBelow(entry, found) {
    if (found.length >= mostFiles) return;
    if (entry.isFile) {
        found.push(await fileOf(entry) ?? entry.name);
    } else {
        for (const child of await entriesOf(entry)) await filesBelow(child, found);
    }
}

/** `onFiles(files)`, and `onUnreadable(names)` for what the browser would not open. */
export function createFileDrop({ onFiles, onUnreadable }) {
    const input = element("input", {
        type: "file", id: "file-input", class: "visually-hidden", multiple: true, accept: accepted,
        testid: "file-input",
    });
    const node = element("label", { class: "drop-zone", htmlFor: input.id, testid: "drop-zone" }, input,
        icon("upload"),
        element("span", {}, element("span", { class: "drop-words", textContent: "Drop audio here or " }),
            element("span", { class: "drop-link", textContent: "choose files" })));
    let depth = 0;

    input.addEventListener("change", () => {
        const files = [...input.files];
        // The same file may be chosen again.
        input.value = "";
        if (files.length > 0) onFiles(files);
    });

    function carriesFiles(event) {
        return [...(event.dataTransfer?.types ?? [])].includes("Files");
    }

    function veil(shown) {
        if (shown) document.body.dataset.dragging = "files";
        else delete document.body.dataset.dragging;
    }

    async function taken(transfer) {
        // Entries must be asked for now: the transfer is empty after the event.
        const items = [...transfer.items].filter(({ kind }) => kind === "file");
        const sources = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
        const found = [];
        for (const source of sources) {
            if (source instanceof File) found.push(source);
            else if (source) await filesBelow(source, found);
        }
        const files = found.filter((file) => file instanceof File);
        const unreadable = found.filter((file) => !(file instanceof File));
        if (files.length > 0) onFiles(files);
        if (unreadable.length > 0) onUnreadable(unreadable);
        if (found.length >= mostFiles) onUnreadable([`everything after the first ${mostFiles} files`]);
    }

    // The whole window takes files: one let go beside the zone must not open in the tab and end a recording.
    window.addEventListener("dragenter", (event) => {
        if (!carriesFiles(event)) return;
        depth += 1;
        veil(true);
    });
    window.addEventListener("dragleave", (event) => {
        if (!carriesFiles(event)) return;
        depth = Math.max(0, depth - 1);
        if (depth === 0) veil(false);
    });
    window.addEventListener("dragover", (event) => {
        if (carriesFiles(event)) event.preventDefault();
    });
    window.addEventListener("drop", (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth = 0;
        veil(false);
        taken(event.dataTransfer);
    });

    return { node };
}
