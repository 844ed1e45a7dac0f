// Files from the picker and from drag and drop, folders included. Every file is handed on; sorting out is the queue's.

import { element } from "./dom.js";
import { accepted, filesIn } from "./folderWalk.js";
import { countOf } from "./format.js";
import { icon } from "./icons.js";

/** `onFiles(files)`; `onNews(sentence)` and `onTrouble(sentence)` say what was dropped and is not among them. */
export function createFileDrop({ onFiles, onNews, onTrouble }) {
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
        const { files, leftOut, unreadable, isCut, most } = await filesIn(sources);
        if (files.length > 0) onFiles(files);
        if (leftOut > 0) onNews(`${countOf(leftOut, "other file")} left out: not audio.`);
        if (unreadable.length > 0) {
            const more = unreadable.length > 5 ? ` and ${unreadable.length - 5} more` : "";
            onTrouble(`The browser could not open: ${unreadable.slice(0, 5).join(", ")}${more}.`);
        }
        if (isCut) onTrouble(`Only the first ${most} files were taken.`);
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
