// The uploads in the dock: one line for the whole, and a row a file with progress, cancel and retry. A long queue shows
// the rows that matter and counts the rest.

import { arrange, element, oncePerFrame, setText } from "./dom.js";
import { byteCount, countOf, percent } from "./format.js";
import { iconButton } from "./icons.js";

const mostRows = 60;
const tidyAfterMs = 20_000;
const words = { waiting: "Waiting", checking: "Waiting for the receipt", sent: "Sent", cancelled: "Cancelled" };

function createRow(item, queue) {
    const name = element("span", { class: "upload-name", textContent: item.name, title: item.name });
    const state = element("span", { class: "upload-state" });
    const bar = element("progress", { class: "upload-bar", max: 1, value: 0, aria: { label: `Sending ${item.name}` } });
    const buttons = element("span", { class: "upload-buttons" });
    const node = element("li", { class: "upload-row", testid: "upload-row" }, name, buttons, state, bar);

    function dress() {
        if (node.dataset.state === item.state) return;
        node.dataset.state = item.state;
        const open = ["waiting", "sending", "checking"].includes(item.state);
        bar.hidden = !open;
        const again = ["failed", "cancelled"].includes(item.state);
        buttons.replaceChildren(...[
            again ? iconButton("retry", "Retry", {
                testid: "retry", class: "small", aria: { label: `Retry ${item.name}` },
                on: { click: () => queue.retry(item) },
            }) : null,
            open ? iconButton("close", `Cancel ${item.name}`, {
                iconOnly: true, class: "quiet small", testid: "cancel-upload", on: { click: () => queue.cancel(item) },
            }) : iconButton("close", `Take ${item.name} off this list`, {
                iconOnly: true, class: "quiet small", testid: "remove-upload", on: { click: () => queue.remove(item) },
            })].filter(Boolean));
    }

    return {
        node,
        update() {
            dress();
            const fraction = item.size > 0 ? item.sent / item.size : 0;
            bar.value = fraction;
            const request = item.problem?.requestId ? ` (request ${item.problem.requestId})` : "";
            if (item.state === "sending") setText(state, `${percent(fraction)} of ${byteCount(item.size)}`);
            else if (item.state === "failed") setText(state, `${item.problem.message}${request}`);
            else if (item.state === "waiting" && item.problem) setText(state, `Waiting: ${item.problem.message}`);
            else setText(state, words[item.state]);
        },
    };
}

/** Which rows to show, in their order: finished ones give way first, then those that wait at the end. */
function worthShowing(items) {
    const surplus = items.length - mostRows;
    if (surplus <= 0) return items;
    const rank = { sent: 0, cancelled: 1, waiting: 2, failed: 3, checking: 4, sending: 4 };
    const leaving = items.map((item, index) => [item, index])
        .sort(([one, place], [other, otherPlace]) => rank[one.state] - rank[other.state]
            || (one.state === "waiting" ? otherPlace - place : place - otherPlace))
        .slice(0, surplus);
    const gone = new Set(leaving.map(([item]) => item));
    return items.filter((item) => !gone.has(item));
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

    const render = oncePerFrame(() => {
        const items = queue.items();
        area.hidden = items.length === 0;
        const shown = worthShowing(items);
        const keep = new Set(shown);
        for (const item of rows.keys()) {
            if (!keep.has(item)) rows.delete(item);
        }
        arrange(list, shown.map((item) => {
            if (!rows.has(item)) rows.set(item, createRow(item, queue));
            rows.get(item).update();
            return rows.get(item).node;
        }));
        rest.hidden = shown.length === items.length;
        setText(rest, `and ${items.length - shown.length} more`);
        summarise(items);
    });

    function summarise(items) {
        const count = (...states) => items.filter(({ state }) => states.includes(state)).length;
        const sent = count("sent");
        const failed = count("failed");
        const open = count("waiting", "sending", "checking");
        setText(summary, `${sent} of ${countOf(items.length, "file")} sent${failed > 0 ? `, ${failed} failed` : ""}`);
        const bytes = items.reduce((sum, { size }) => sum + size, 0);
        whole.hidden = open === 0 || items.length < 2;
        whole.value = bytes > 0 ? items.reduce((sum, item) => sum + item.sent, 0) / bytes : 0;
        retryAll.hidden = failed < 2;
        clear.hidden = sent + count("cancelled") === 0;
        setText(announcement, open === 0 && items.length > 0 ? summary.textContent : "");
        clearTimeout(tidying);
        if (items.length > 0 && sent === items.length) tidying = setTimeout(tidy, tidyAfterMs);
    }

    function tidy() {
        if (area.matches(":hover") || area.contains(document.activeElement)) tidying = setTimeout(tidy, tidyAfterMs);
        else queue.clear();
    }

    return {
        render,
        connect(made) {
            queue = made;
        },
    };
}
