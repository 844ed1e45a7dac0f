// The files in the dock: one line for the whole, and a row a file with its state, progress, cancel and retry. Those
// that failed and those on their way come first; in a very long queue the last rows are counted only.

import { arrange, element, oncePerFrame, setText } from "./dom.js";
import { byteCount, percent } from "./format.js";
import { iconButton } from "./icons.js";

const mostRows = 300;
const tidyAfterMs = 20_000;
const words = {
    waiting: "Waiting", hashing: "Reading", checking: "Waiting for the receipt", sent: "Saved", cancelled: "Cancelled",
};
const ranks = { failed: 0, hashing: 1, sending: 1, checking: 1, waiting: 2, present: 3, sent: 4, cancelled: 4 };

function createRow(item, queue) {
    const name = element("span", { class: "upload-name", textContent: item.name, title: item.name });
    const state = element("span", { class: "upload-state" });
    const bar = element("progress", { class: "upload-bar", max: 1, value: 0, aria: { label: `Sending ${item.name}` } });
    const buttons = element("span", { class: "upload-buttons" });
    const node = element("li", { class: "upload-row", testid: "upload-row" }, name, buttons, state, bar);

    function again(sign, words, options) {
        return iconButton(sign, words, {
            testid: "retry", class: "small", aria: { label: `${words}: ${item.name}` },
            on: { click: () => queue.retry(item, options) },
        });
    }

    function dress() {
        if (node.dataset.state === item.state) return;
        const wasOpen = !bar.hidden;
        node.dataset.state = item.state;
        const isOpen = ["waiting", "hashing", "sending", "checking"].includes(item.state);
        bar.hidden = !isOpen;
        if (isOpen && wasOpen && buttons.firstChild) return;
        buttons.replaceChildren(...[
            queue.canRetry(item) ? again("retry", "Retry") : null,
            item.state === "present" ? again("upload", "Add anyway", { again: true }) : null,
            isOpen ? iconButton("close", `Cancel ${item.name}`, {
                iconOnly: true, class: "quiet small", testid: "cancel-upload", on: { click: () => queue.cancel(item) },
            }) : iconButton("close", `Take ${item.name} off this list`, {
                iconOnly: true, class: "quiet small", testid: "remove-upload", on: { click: () => queue.remove(item) },
            })].filter(Boolean));
    }

    function stateWords(fraction) {
        const request = item.problem?.requestId ? ` (request ${item.problem.requestId})` : "";
        if (item.state === "failed") return `${item.problem.message}${request}`;
        if (item.state === "present") {
            const title = item.note.title || "Untitled";
            return item.name.startsWith(title) ? "Already there" : `Already there as “${title}”`;
        }
        if (item.state === "cancelled") return words.cancelled;
        if (item.problem?.code === "network") return `Offline at ${percent(fraction)}. It goes on by itself.`;
        if (item.problem) return `Waiting: ${item.problem.message}`;
        if (item.state === "sending") return `${percent(fraction)} of ${byteCount(item.size)}`;
        return words[item.state];
    }

    return {
        node,
        update() {
            dress();
            const fraction = item.size > 0 ? item.sent / item.size : 0;
            bar.value = fraction;
            setText(state, stateWords(fraction));
        },
    };
}

/** `connect(queue)` comes later, because the queue reports to this view. */
export function createUploadView() {
    const area = document.getElementById("uploads");
    const rows = new Map();
    let queue = null;
    let tidying = 0;

    const summary = element("p", { class: "uploads-summary", testid: "upload-summary" });
    // Said when the work is done, not with every file: two hundred announcements help nobody.
    const announcement = element("p", { class: "visually-hidden", role: "status" });
    const whole = element("progress", { class: "upload-bar", max: 1, aria: { label: "All uploads" } });
    const list = element("ul", { class: "upload-list", tabIndex: 0, aria: { label: "Files" } });
    const rest = element("p", { class: "uploads-rest", hidden: true });
    const retryAll = iconButton("retry", "Retry all", {
        class: "small", testid: "retry-all", hidden: true, on: { click: () => queue.retryFailed() },
    });
    const clear = element("button", {
        type: "button", class: "button quiet small", textContent: "Clear finished", testid: "clear-finished",
        on: { click: () => queue.clear() },
    });
    area.replaceChildren(element("div", { class: "uploads-head" }, summary, retryAll, clear), whole, list, rest,
        announcement);

    const changed = new Set();
    let inOrder = false;

    const draw = oncePerFrame(() => {
        const items = queue.items();
        if (!inOrder) putInOrder(items);
        for (const item of changed) rows.get(item)?.update();
        changed.clear();
        summarise(items);
    });

    function putInOrder(items) {
        inOrder = true;
        area.hidden = items.length === 0;
        const shown = [...items].sort((one, other) => ranks[one.state] - ranks[other.state]).slice(0, mostRows);
        const keep = new Set(shown);
        for (const item of rows.keys()) {
            if (!keep.has(item)) rows.delete(item);
        }
        arrange(list, shown.map((item) => {
            if (!rows.has(item)) {
                rows.set(item, createRow(item, queue));
                changed.add(item);
            }
            return rows.get(item).node;
        }));
        rest.hidden = shown.length === items.length;
        setText(rest, `and ${items.length - shown.length} more`);
    }

    function summarise(items) {
        const count = (...states) => items.filter(({ state }) => states.includes(state)).length;
        const [sent, present, failed] = [count("sent"), count("present"), count("failed")];
        const open = count("waiting", "hashing", "sending", "checking");
        setText(summary, [
            `${sent} of ${items.length} saved`, present > 0 ? `${present} already there` : "",
            failed > 0 ? `${failed} failed` : "",
        ].filter(Boolean).join(", "));
        const bytes = items.reduce((sum, { size }) => sum + size, 0);
        whole.hidden = open === 0 || items.length < 2;
        whole.value = bytes > 0 ? items.reduce((sum, item) => sum + item.sent, 0) / bytes : 0;
        retryAll.hidden = failed < 2;
        clear.hidden = sent + present + count("cancelled") === 0;
        setText(announcement, open === 0 && items.length > 0 ? `Files: ${summary.textContent}` : "");
        clearTimeout(tidying);
        if (items.length > 0 && sent === items.length) tidying = setTimeout(tidy, tidyAfterMs);
    }

    function tidy() {
        if (area.matches(":hover") || area.contains(document.activeElement)) tidying = setTimeout(tidy, tidyAfterMs);
        else queue.clear();
    }

    return {
        /** The item that changed, or null when the list did. */
        render(item) {
            if (item === null || rows.get(item)?.node.dataset.state !== item.state) inOrder = false;
            if (item !== null) changed.add(item);
            draw();
        },
        connect(made) {
            queue = made;
        },
    };
}
