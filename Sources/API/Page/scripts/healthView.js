// The queue of copies, and the checks of the storage: passed, with a warning, or failed, each with what it found.

import { element, setText } from "./dom.js";
import { wholeCount } from "./format.js";
import { createKeyedRows } from "./keyedRows.js";
import { createStatusMark } from "./statusMark.js";

const outcomes = { pass: ["good", "Pass"], warn: ["warning", "Warn"], fail: ["bad", "Fail"] };

function createCheck({ name }) {
    const mark = createStatusMark();
    const detail = element("span", { class: "check-detail" });
    const node = element("li", { class: "check", testid: "check" }, mark.node,
        element("span", { class: "check-words" }, element("strong", { textContent: name }), detail));
    return {
        node,
        update(check) {
            node.dataset.outcome = check.outcome;
            mark.show(...(outcomes[check.outcome] ?? ["warning", check.outcome]));
            setText(detail, check.detail ? ` ${check.detail}` : "");
        },
    };
}

export function createQueueView() {
    const words = element("p", { class: "queue-words", testid: "queue" });
    const mark = createStatusMark();
    const node = element("section", { class: "storage-part", aria: { labelledby: "queue-title" } },
        element("div", { class: "storage-part-head" },
            element("h3", { id: "queue-title", textContent: "Queue" }), mark.node), words);
    return {
        node,
        show(queue) {
            node.hidden = !queue;
            if (!queue) return;
            const { waiting, running, failed } = queue;
            setText(words, [`${wholeCount(running)} running`, `${wholeCount(waiting)} waiting`,
                `${wholeCount(failed)} failed`].join(", "));
            if (failed > 0) mark.show("bad", "Some failed");
            else if (running + waiting > 0) mark.show("busy", "Under way");
            else mark.show("good", "Nothing to do");
        },
    };
}

export function createChecksView() {
    const list = element("ul", { class: "checks" });
    const node = element("section", { class: "storage-part", aria: { labelledby: "checks-title" } },
        element("div", { class: "storage-part-head" },
            element("h3", { id: "checks-title", textContent: "Health" })), list);
    const draw = createKeyedRows(list, ({ name }) => name, createCheck);
    return {
        node,
        show(checks) {
            node.hidden = !checks || checks.length === 0;
            draw(checks ?? []);
        },
    };
}
