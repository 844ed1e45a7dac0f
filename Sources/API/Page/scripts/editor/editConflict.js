// Somebody changed the edit meanwhile: both are shown, and one is chosen. Nothing is lost either way, for theirs stays
// among the versions.

import { element } from "../dom.js";
import { relativeTime } from "../format.js";
import { summaryWords } from "./editCommands.js";
import { timelineOf } from "./editSegments.js";
import { shortText } from "./editTime.js";

/** Resolves to "theirs" or "yours"; Escape means theirs. */
export function askAboutConflict({ theirs, yours, rate }) {
    return new Promise((resolve) => {
        const before = document.activeElement;
        const facts = (list) => `${shortText(timelineOf(list).length, rate)} long, `
            + `${list.segments.length} ${list.segments.length === 1 ? "segment" : "segments"}`;
        const button = (words, value, extra, more = {}) => element("button", {
            type: "button", class: `button ${extra}`, textContent: words, testid: `conflict-${value}`,
            on: { click: () => dialog.close(value) }, ...more,
        });
        const dialog = element("dialog", {
            class: "confirm", testid: "conflict-dialog",
            aria: { labelledby: "conflict-title", describedby: "conflict-text" },
        },
        element("h2", { id: "conflict-title", textContent: "Somebody changed this meanwhile" }),
        element("dl", { class: "facts editor-both", id: "conflict-text" },
            element("dt", { textContent: "Theirs" }),
            element("dd", { testid: "conflict-is-theirs", textContent: `Version ${theirs.number}, `
                + `${theirs.name ?? summaryWords(theirs.summary)}, ${relativeTime(theirs.createdAt)}: `
                + `${facts(theirs.list)}` }),
            element("dt", { textContent: "Yours" }),
            element("dd", { testid: "conflict-is-yours", textContent: yours ? facts(yours)
                : "It can only be done again, from theirs." })),
        element("p", {
            textContent: "With yours on top, what you made is heard, and theirs stays among the versions.",
        }),
        element("div", { class: "confirm-buttons" }, button("Take theirs", "theirs", "", { autofocus: true }),
            button("Put yours on top", "yours", "primary")));
        dialog.addEventListener("close", () => {
            dialog.remove();
            if (before?.isConnected) before.focus({ preventScroll: true });
            resolve(dialog.returnValue === "yours" ? "yours" : "theirs");
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}
