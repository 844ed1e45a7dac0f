// The badge of a note whose recording ended without a stop.

import { element } from "./dom.js";

const explanation = "The recording broke off: the browser, the device or the network went away. The server kept what"
    + " had arrived and made this note of it.";

/** Hidden until `show(note)` says that the note's recording was recovered. */
export function createRecoveredBadge() {
    const node = element("span", { class: "badge", testid: "recovered", title: explanation, hidden: true },
        element("span", { textContent: "recovered" }),
        element("span", { class: "visually-hidden", textContent: `. ${explanation}` }));
    return {
        node,
        show(note) {
            node.hidden = note.recording?.recovered !== true;
        },
    };
}
