// What a batch could not do: every note by its title, with the reason. It stays until it is dismissed.

import { element } from "./dom.js";
import { countOf, wholeCount } from "./format.js";
import { iconButton } from "./icons.js";

const namedInSentence = 3;

function title(note) {
    return note.title || "Untitled";
}

/** `2 of 40 notes could not be moved: “A” and “B”.` */
function sentence(failed, total, done) {
    const names = failed.slice(0, namedInSentence).map(({ note }) => `“${title(note)}”`);
    const rest = failed.length - names.length;
    const said = rest > 0 ? [...names, `${wholeCount(rest)} more`] : names;
    const list = said.length > 1 ? `${said.slice(0, -1).join(", ")} and ${said.at(-1)}` : said[0];
    return `${wholeCount(failed.length)} of ${countOf(total, "note")} could not be ${done}: ${list}.`;
}

export function createBatchReport() {
    const area = document.getElementById("batch-report");

    function dismiss() {
        area.replaceChildren();
        area.hidden = true;
    }

    return {
        dismiss,
        show({ failed, total, done }) {
            area.hidden = false;
            area.replaceChildren(
                element("p", { class: "batch-report-words", role: "alert", testid: "batch-report" },
                    sentence(failed, total, done)),
                element("ul", { class: "batch-report-list", tabIndex: 0, aria: { label: "Notes and reasons" } },
                    ...failed.map(({ note, reason }) => element("li", { testid: "batch-failure" },
                        element("strong", { textContent: title(note) }), `: ${reason}`))),
                iconButton("close", "Dismiss", {
                    class: "small", testid: "dismiss-report", on: { click: dismiss },
                }));
        },
    };
}
