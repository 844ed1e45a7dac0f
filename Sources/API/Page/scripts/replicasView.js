// Where the open note's recording is: a row a store with its state, progress, reason and what can be done about it.

import { whileBusy } from "./busyButton.js";
import { element, setAttribute, setText } from "./dom.js";
import { exactTime, relativeTime } from "./format.js";
import { iconButton } from "./icons.js";
import { createKeyedRows } from "./keyedRows.js";
import { storeRows, withProgress } from "./replicaState.js";
import { createStatusMark } from "./statusMark.js";
import { storeKind, storeName } from "./storeNames.js";

const refreshTimesMs = 30_000;
const buttons = {
    retry: ["retry", "Retry"], pause: ["pause", "Pause"], resume: ["play", "Resume"], cancel: ["close", "Cancel"],
    copy: ["upload", "Copy it here"],
};
// A copy that was cancelled is asked for as one that failed is.
const sent = { copy: "retry" };

function createRow(first, act) {
    const name = storeName({ name: first.store, kind: first.kind });
    const status = createStatusMark({ testid: "replica-state" });
    const when = element("time", { class: "replica-when", testid: "replica-verified" });
    const bar = element("progress", { class: "replica-bar", max: 1, aria: { label: `Copying to ${name}` } });
    const parts = element("p", { class: "replica-parts" });
    const reason = element("p", { class: "replica-reason", testid: "replica-reason" });
    const place = element("span", { class: "replica-buttons", role: "group", aria: { label: name } });
    const node = element("li", { class: "replica-row", testid: "replica", dataset: { store: first.store } },
        element("p", { class: "replica-store" }, element("strong", { textContent: name }),
            element("span", { textContent: storeKind({ name: first.store, kind: first.kind }) })),
        element("p", { class: "replica-state" }, status.node, when), bar, parts, reason, place);

    function showButtons(wanted) {
        if (place.dataset.shown === wanted.join(" ")) return;
        place.dataset.shown = wanted.join(" ");
        const held = place.contains(document.activeElement);
        place.replaceChildren(...wanted.map((action) => {
            const [sign, words] = buttons[action];
            return iconButton(sign, words, {
                class: "small quiet", testid: `replica-${action}`, aria: { label: `${words}: ${name}` },
                on: { click: (event) => act(event.currentTarget, first.store, sent[action] ?? action) },
            });
        }));
        if (held) (place.firstElementChild ?? node.closest("details")?.querySelector("summary"))?.focus();
    }

    return {
        node,
        update(row) {
            node.dataset.state = row.state;
            status.show(row.mark, row.words);
            setText(when, row.verifiedAt === null ? "" : relativeTime(row.verifiedAt));
            setAttribute(when, "datetime", row.verifiedAt);
            setAttribute(when, "title", row.verifiedAt === null ? null : exactTime(row.verifiedAt));
            bar.hidden = row.state !== "uploading";
            bar.value = row.fraction;
            setText(parts, row.parts);
            setText(reason, row.reason ?? "");
            showButtons(row.actions);
        },
    };
}

/**
 * `send(store, action)` answers the note; `onNote` takes it in. `onStale()` is called where news of the note does not
 * say where its blobs are.
 */
export function createReplicasView({ send, toasts, onNote, onStale }) {
    const list = element("ul", { class: "replica-list" });
    const announcement = element("p", { class: "visually-hidden", role: "status", testid: "replica-news" });
    const node = element("details", { class: "fold", testid: "replicas", open: true, hidden: true },
        element("summary", { textContent: "Where it is" }), list, announcement);
    const draw = createKeyedRows(list, ({ store }) => store, (row) => createRow(row, act));
    let rows = null;

    async function act(button, store, action) {
        await whileBusy(button, async () => {
            try {
                onNote(await send(store, action));
            } catch (problem) {
                toasts.problem(problem);
            }
        });
    }

    // Progress is for the eye; said aloud is only what a row has come to.
    function announce(before) {
        const news = rows.filter(({ store, state }) => before.some((old) => old.store === store && old.state !== state))
            .map((row) => `${storeName({ name: row.store, kind: row.kind })}: ${row.words}.`);
        if (news.length > 0) setText(announcement, news.join(" "));
    }

    const timer = setInterval(() => {
        if (rows) draw(rows);
    }, refreshTimesMs);

    return {
        node,
        setNote(note) {
            const next = storeRows(note.recording);
            if (next === null) {
                if (rows !== null) onStale();
                return;
            }
            const before = rows;
            rows = next;
            draw(rows);
            node.hidden = rows.length === 0;
            if (before) announce(before);
        },
        /** Progress of one store, between two versions of the note. */
        showProgress(store, fraction) {
            if (rows === null || !Number.isFinite(fraction)) return;
            rows = rows.map((row) => (row.store === store ? withProgress(row, fraction) : row));
            draw(rows);
        },
        release: () => clearInterval(timer),
    };
}
