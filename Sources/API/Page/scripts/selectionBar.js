// The bar over the list while notes are being selected: how many, all that are loaded, and what to do with them.

import { createBackoff } from "./backoff.js";
import { runBatch } from "./batch.js";
import { actionsOf, undoOf } from "./batchActions.js";
import { createBatchReport } from "./batchReport.js";
import { forbid } from "./busyButton.js";
import { element, oncePerFrame, setText } from "./dom.js";
import { askFolder } from "./folderQuestion.js";
import { countOf, wholeCount } from "./format.js";
import { iconButton } from "./icons.js";
import { offerZip } from "./zipDialog.js";

/**
 * `listed()` answers the notes that are loaded, `view()` which list that is, `hasStores()` whether there is anywhere to
 * copy to, and `onDone(notes)` hears what was changed.
 */
export function createSelectionBar(options) {
    const { client, toasts, selection, listed, view, hasStores, folderNames, onDone } = options;
    const area = document.getElementById("selection");
    const toggle = document.getElementById("select-notes");
    const report = createBatchReport();
    const backoff = createBackoff();
    const count = element("p", { class: "selection-count", role: "status", testid: "selection-count" });
    const all = element("button", {
        type: "button", class: "button small", testid: "select-all", on: { click: () => selection.add(listed()) },
    });
    const none = element("button", {
        type: "button", class: "button small quiet", textContent: "None", aria: { label: "Select none" },
        testid: "select-none", on: { click: () => selection.clear() },
    });
    const end = iconButton("close", "Stop selecting", {
        iconOnly: true, class: "small quiet", testid: "select-end", on: { click: stop },
    });
    const buttons = element("div", {
        class: "selection-actions", role: "group", aria: { label: "With the selected notes" },
    });
    const bar = element("progress", { class: "row-progress", max: 1, hidden: true, aria: { label: "Done so far" } });
    let running = null;
    area.replaceChildren(element("div", { class: "selection-head" }, count, all, none, end), buttons, bar);

    function stop() {
        if (running !== null) return;
        const hadFocus = area.parentElement.contains(document.activeElement);
        selection.stop();
        if (hadFocus) toggle.focus();
    }

    function countWords() {
        if (running) return `${running.words}: ${wholeCount(running.done)} of ${wholeCount(running.total)}`;
        const here = new Set(listed().map(({ id }) => id));
        const hidden = selection.notes().filter(({ id }) => !here.has(id)).length;
        const elsewhere = hidden > 0 ? `, ${wholeCount(hidden)} not in this list` : "";
        return `${wholeCount(selection.size())} selected${elsewhere}`;
    }

    function showButtons() {
        const actions = actionsOf(view(), { hasStores: hasStores() });
        const key = actions.map(({ action }) => action).join(" ");
        if (buttons.dataset.shown !== key) {
            buttons.dataset.shown = key;
            const made = actions.map((one) => iconButton(one.sign, one.words, {
                testid: `batch-${one.action}`, title: one.title ?? one.words, on: { click: () => perform(one) },
            }));
            const last = made.length > 1 ? made.splice(-1) : [];
            buttons.replaceChildren(...made, iconButton("download", "ZIP", {
                testid: "batch-zip", title: "Download as a ZIP file", on: { click: download },
            }), ...last);
        }
        for (const button of buttons.children) forbid(button, running !== null || selection.size() === 0);
    }

    const render = oncePerFrame(() => {
        area.hidden = !selection.isOn() && running === null;
        toggle.setAttribute("aria-pressed", String(selection.isOn()));
        if (area.hidden) return;
        const loaded = listed().length;
        setText(count, countWords());
        setText(all, `All ${wholeCount(loaded)}`);
        all.setAttribute("aria-label", `Select all ${wholeCount(loaded)} loaded`);
        forbid(all, loaded === 0);
        forbid(none, selection.size() === 0);
        forbid(end, running !== null);
        bar.hidden = running === null || running.done === 0;
        if (running) bar.value = running.done / running.total;
        showButtons();
    });

    async function perform(one) {
        if (running !== null || selection.size() === 0) return;
        const parameters = one.action === "move"
            ? await askFolder({ count: selection.size(), folderNames: folderNames() }) : {};
        if (parameters !== null) await run(one, selection.notes(), parameters);
    }

    async function run(one, notes, parameters = {}) {
        if (running !== null || notes.length === 0) return;
        report.dismiss();
        running = { words: one.doing, done: 0, total: notes.length };
        render();
        const { done, failed } = await runBatch({
            client, action: one.action, notes, parameters, backoff,
            onProgress: (handled) => {
                running.done = handled;
                render();
            },
        }).finally(() => {
            running = null;
        });
        selection.drop(done.map(({ id }) => id));
        if (done.length > 0) onDone();
        conclude(one, done, failed, parameters);
        render();
    }

    function conclude(one, done, failed, { folder }) {
        const undo = undoOf(one);
        if (done.length > 0) {
            const where = folder ? ` to “${folder}”` : "";
            toasts.say(`${countOf(done.length, "note")} ${one.done}${where}.`, undo ? {
                action: { words: "Undo", run: () => run(undo, done) },
            } : {});
        }
        if (failed.length > 0) {
            // What was not done stays selected, to be tried again.
            report.show({ failed, total: done.length + failed.length, done: one.done });
        } else if (selection.size() === 0) {
            stop();
        }
    }

    async function download() {
        if (running !== null || selection.size() === 0) return;
        await client.ensureFresh();
        offerZip({ notes: selection.notes() });
    }

    toggle.addEventListener("click", () => {
        if (selection.isOn()) stop();
        else selection.start();
    });
    area.parentElement.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && selection.isOn()) stop();
    });

    return {
        render,
        isRunning: () => running !== null,
        /** After signing in again. */
        nudge: () => backoff.nudge(),
    };
}
