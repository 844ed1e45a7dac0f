// One store in the storage view: how it stands and why, its copies, what is under way, this month's use, its buttons.

import { noteHref } from "./address.js";
import { whileBusy } from "./busyButton.js";
import { element, setAttribute, setText } from "./dom.js";
import { byteCount, exactTime, percent, relativeTime, wholeCount } from "./format.js";
import { iconButton } from "./icons.js";
import { createKeyedRows } from "./keyedRows.js";
import { createStatusMark } from "./statusMark.js";
import { storeKind, storeName } from "./storeNames.js";
import { copyCounts, storeActions, storeStanding } from "./storeState.js";
import { createUsageView } from "./usageView.js";

const buttons = {
    retry: ["retry", "Retry"], pause: ["pause", "Pause"], resume: ["play", "Resume"], check: ["verify", "Check"],
};

function createTransfer({ sha256 }) {
    const name = element("a", { class: "transfer-name" });
    const words = element("span", { class: "transfer-words" });
    const bar = element("progress", { class: "replica-bar", max: 1 });
    return {
        node: element("li", { class: "transfer", testid: "transfer" }, name, words, bar),
        update({ noteId, title, bytesDone, bytesTotal }) {
            const fraction = bytesTotal > 0 ? bytesDone / bytesTotal : 0;
            // Somebody else's recording has no name here.
            setText(name, noteId ? title || "Untitled" : `${sha256.slice(0, 12)}…`);
            setAttribute(name, "href", noteId ? noteHref(noteId) : null);
            setText(words, `${byteCount(bytesDone)} of ${byteCount(bytesTotal)}, ${percent(fraction)}`);
            bar.setAttribute("aria-label", `Copying ${name.textContent}`);
            bar.value = fraction;
        },
    };
}

function createCount({ name, words }) {
    const mark = createStatusMark();
    const number = element("dd", { testid: `copies-${name}` });
    return {
        node: element("div", { class: "store-count" }, element("dt", {}, mark.node), number),
        update({ count, mark: kind }) {
            mark.show(kind || "off", words);
            setText(number, wholeCount(count));
        },
    };
}

function createButtons(place, name, act) {
    return createKeyedRows(place, (action) => action, (action) => {
        const [sign, words] = buttons[action];
        const button = iconButton(sign, words, {
            class: "small", testid: `store-${action}`, aria: { label: `${words}: ${name}` },
            on: { click: () => whileBusy(button, () => act(action)) },
        });
        return { node: button, update: () => {} };
    });
}

/** `act(store, action)` carries an action out; without `mayManage` there are no buttons. */
export function createStoreCard(first, { act, mayManage }) {
    const name = storeName(first);
    const headingID = `store-${first.name}`;
    const status = createStatusMark({ testid: "store-state" });
    const reason = element("p", { class: "store-reason", testid: "store-reason" });
    const meaning = element("p", { class: "store-meaning" });
    const counts = element("dl", { class: "store-counts" });
    const size = element("p", { class: "store-size" });
    const transfers = element("ul", { class: "transfers", aria: { label: `Copying to ${name}` } });
    const usage = createUsageView();
    const place = element("div", { class: "store-buttons", role: "group", aria: { label: name } });
    const node = element("li", { class: "store-card", testid: "store", dataset: { store: first.name } },
        element("div", { class: "store-head" },
            element("h4", { class: "store-name", id: headingID }, name),
            element("span", { class: "store-kind", textContent: storeKind(first) }), status.node),
        reason, meaning, counts, size, transfers, usage.node, place);
    node.setAttribute("aria-labelledby", headingID);
    const drawCounts = createKeyedRows(counts, (count) => count.name, createCount);
    const drawTransfers = createKeyedRows(transfers, ({ sha256 }) => sha256, createTransfer);
    const drawButtons = createButtons(place, name, (action) => act(first.name, action));

    return {
        node,
        update(store) {
            const standing = storeStanding(store);
            node.dataset.state = store.state;
            status.show(standing.mark, standing.words);
            setText(reason, [standing.reason, standing.again].filter(Boolean).join(" "));
            setAttribute(reason, "title", store.retryAt ? exactTime(store.retryAt) : null);
            setText(meaning, standing.meaning);
            drawCounts(copyCounts(store.replicas));
            setText(size, [`${byteCount(store.replicas?.bytes ?? 0)} kept`, store.lastScrubAt
                ? `last read through ${relativeTime(store.lastScrubAt)}` : "not read through yet"].join(", "));
            drawTransfers(store.transfers ?? []);
            usage.node.hidden = !store.usage;
            if (store.usage) usage.show(store.usage);
            const held = place.contains(document.activeElement);
            drawButtons(mayManage ? storeActions(store) : []);
            // The button that was pressed may have made way for its opposite.
            if (held && !place.contains(document.activeElement)) place.firstElementChild?.focus();
        },
    };
}
