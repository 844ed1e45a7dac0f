// A migration that is under way: which step of how many, how far, and why it stands still where it does.

import { element, setAttribute, setText } from "./dom.js";
import { byteCount, percent, wholeCount } from "./format.js";
import { createStatusMark } from "./statusMark.js";

const steps = ["plan", "copy", "verify", "switch", "settle", "reclaim"];

function capitalised(word) {
    return word.replace(/^./, (first) => first.toUpperCase());
}

function createStep(name) {
    const state = element("span", { class: "visually-hidden" });
    const node = element("li", { class: "migration-step" }, capitalised(name), state);
    return {
        node,
        show(index, current) {
            const place = index < current ? "done" : index === current ? "current" : "ahead";
            node.dataset.place = place;
            setAttribute(node, "aria-current", place === "current" ? "step" : null);
            setText(state, place === "done" ? ", done" : "");
        },
    };
}

export function createMigrationView() {
    const title = element("h3", { id: "migration-title" });
    const mark = createStatusMark({ testid: "migration-state" });
    const parts = steps.map(createStep);
    const bar = element("progress", { class: "replica-bar", max: 1, aria: { labelledby: "migration-title" } });
    const words = element("p", { class: "migration-words", testid: "migration-words" });
    const error = element("p", { class: "store-reason", testid: "migration-error" });
    const node = element("section", {
        class: "storage-part migration", testid: "migration", hidden: true, aria: { labelledby: "migration-title" },
    }, element("div", { class: "storage-part-head" }, title, mark.node),
    element("ol", { class: "migration-steps" }, ...parts.map((part) => part.node)), bar, words, error);

    return {
        node,
        show(migration) {
            node.hidden = !migration;
            if (!migration) return;
            const { store, step, done, total, bytesDone, bytesTotal } = migration;
            const fraction = bytesTotal > 0 ? bytesDone / bytesTotal : total > 0 ? done / total : 0;
            setText(title, `Moving to ${store}`);
            if (migration.error) mark.show("bad", "Stands still");
            else mark.show("busy", "Under way");
            parts.forEach((part, index) => part.show(index, steps.indexOf(step)));
            bar.value = fraction;
            setText(words, `${wholeCount(done)} of ${wholeCount(total)} files, ${byteCount(bytesDone)} of`
                + ` ${byteCount(bytesTotal)}, ${percent(fraction)}`);
            setText(error, migration.error ?? "");
        },
    };
}
