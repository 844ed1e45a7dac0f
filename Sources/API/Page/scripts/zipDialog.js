// Downloading several notes as ZIP files. The browser itself fetches them by links, so that gigabytes pass through no
// script; a link names each note, so what is more than an address can hold comes as several files, each with its link.

import { apiBase } from "./client.js";
import { element, setText } from "./dom.js";
import { byteCount, countOf } from "./format.js";
import { icon } from "./icons.js";

// 37 characters each: safely within the 8 kB that proxies take as an address.
const mostInAddress = 180;

function sizeOf(note, rendition) {
    const recording = note.recording;
    const listen = recording?.renditions?.find(({ kind }) => kind === "listen");
    return (rendition === "listen" ? listen?.size : null) ?? recording?.size ?? 0;
}

function total(notes, rendition) {
    return notes.reduce((sum, note) => sum + sizeOf(note, rendition), 0);
}

function address(notes, rendition) {
    return `${apiBase}/notes/archive.zip?ids=${notes.map(({ id }) => id).join(",")}&rendition=${rendition}`;
}

function choice(value, words, checked) {
    const input = element("input", {
        type: "radio", name: "zip-rendition", id: `zip-${value}`, value, checked, testid: `zip-${value}`,
    });
    return { input, node: element("label", { class: "dialog-choice", htmlFor: input.id }, input, words) };
}

export function offerZip({ notes }) {
    const count = Math.ceil(notes.length / mostInAddress);
    const parts = Array.from({ length: count }, (_, index) => {
        const some = notes.slice(index * mostInAddress, (index + 1) * mostInAddress);
        const words = element("span");
        const link = element("a", {
            class: "button primary", download: "", testid: "zip-link",
            on: { click: () => count === 1 && setTimeout(() => dialog.close()) },
        }, icon("download"), words);
        return {
            link,
            show(rendition) {
                link.href = address(some, rendition);
                const size = byteCount(total(some, rendition));
                setText(words, count === 1 ? `Download ${size}` : `Part ${index + 1} of ${count}, ${size}`);
            },
        };
    });
    const source = choice("source", `Originals, ${byteCount(total(notes, "source"))}`, true);
    const listen = choice("listen", `Listen copies, ${byteCount(total(notes, "listen"))}`, false);
    const update = () => parts.forEach((part) => part.show(listen.input.checked ? "listen" : "source"));
    const dialog = element("dialog", {
        class: "confirm", testid: "zip-dialog", aria: { labelledby: "zip-title", describedby: "zip-text" },
    },
    element("h2", { id: "zip-title", textContent: `Download ${countOf(notes.length, "note")}` }),
    element("p", { id: "zip-text" }, count === 1 ? "They come as one ZIP file."
        : `They come as ${count} ZIP files, ${mostInAddress} notes in each.`),
    element("fieldset", { class: "dialog-choices", on: { change: update } },
        element("legend", { class: "visually-hidden", textContent: "Which recordings" }), source.node, listen.node),
    element("div", { class: "confirm-buttons zip-parts" },
        element("button", {
            type: "button", class: "button", textContent: "Close", testid: "zip-close",
            on: { click: () => dialog.close() },
        }), ...parts.map(({ link }) => link)));
    update();
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
