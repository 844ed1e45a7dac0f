// How something stands: an icon, a colour and a word. The word and the shape say it; the colour only helps.

import { element, setText } from "./dom.js";
import { icon } from "./icons.js";

const signs = {
    good: "check", busy: "upload", waiting: "clock", paused: "pause", warning: "warning", bad: "cross", off: "dash",
};

/** `show(kind, words)`; kinds: good, busy, waiting, paused, warning, bad, off. */
export function createStatusMark(options = {}) {
    const words = element("span", { class: "status-words" });
    const sign = element("span", { class: "status-sign" });
    const node = element("span", { class: "status", ...options }, sign, words);
    return {
        node,
        show(kind, text) {
            if (node.dataset.kind !== kind) {
                node.dataset.kind = kind;
                sign.replaceChildren(icon(signs[kind]));
            }
            setText(words, text);
        },
    };
}
