// The storage view: space, stores, queue, health and a migration, asked for anew while somebody looks at it.

import { storageHref } from "./address.js";
import { element, setText } from "./dom.js";
import { timeOfDay } from "./format.js";
import { createChecksView, createQueueView } from "./healthView.js";
import { iconButton } from "./icons.js";
import { createKeyedRows } from "./keyedRows.js";
import { createMigrationView } from "./migrationView.js";
import { createNoStores } from "./noStores.js";
import { createSpaceView } from "./spaceView.js";
import { createStoreCard } from "./storeCard.js";

const pollEveryMs = 5_000;

/** `mayManage` says whether the account may act on stores; `onClose` asks for the view to be closed. */
export function createStorageView({ client, toasts, mayManage, onClose }) {
    const area = document.getElementById("storage");
    const empty = document.getElementById("detail-empty");
    const link = document.querySelector(`a[href="${storageHref}"]`);
    const status = element("p", { class: "storage-status", role: "status", testid: "storage-status" });
    const [space, queue, checks, migration] = [
        createSpaceView(), createQueueView(), createChecksView(), createMigrationView(),
    ];
    const cards = element("ul", { class: "store-cards" });
    const noStores = createNoStores();
    const drawCards = createKeyedRows(cards, ({ name }) => name, (store) => createStoreCard(store, { act, mayManage }));
    const body = element("div", { class: "storage-body", hidden: true }, migration.node, space.node,
        element("section", { class: "storage-part", aria: { labelledby: "stores-title" } },
            element("div", { class: "storage-part-head" },
                element("h3", { id: "stores-title", textContent: "Stores" })), cards, noStores),
        queue.node, checks.node);
    area.replaceChildren(element("div", { class: "detail-sheet" },
        element("div", { class: "detail-top" },
            iconButton("back", "Back to the list", {
                iconOnly: true, class: "quiet", testid: "close-storage", on: { click: () => onClose() },
            }), element("h2", { class: "storage-title", textContent: "Storage" }), status), body));
    let shown = null;
    let seenAt = null;
    let isOpen = false;
    let isPaused = false;
    let timer = 0;
    let asked = 0;

    function draw() {
        body.hidden = shown === null;
        if (shown === null) return;
        const stores = shown.stores ?? [];
        space.show(shown);
        drawCards(stores);
        noStores.hidden = stores.length > 0;
        queue.show(stores.length > 0 ? shown.queue : null);
        checks.show(shown.checks);
        migration.show(shown.migration);
    }

    async function refresh() {
        clearTimeout(timer);
        if (!isOpen || isPaused || document.hidden) return;
        asked += 1;
        const mine = asked;
        try {
            const answer = await client.get("/storage");
            if (mine !== asked || !isOpen) return;
            shown = answer;
            seenAt = Date.now();
            setText(status, "");
        } catch (problem) {
            if (mine !== asked || !isOpen || problem.status === 401) return;
            const since = seenAt === null ? "" : `Not up to date since ${timeOfDay(seenAt)}. `;
            setText(status, `${since}${problem.message}`);
        }
        draw();
        clearTimeout(timer);
        timer = setTimeout(refresh, pollEveryMs);
    }

    async function act(name, action) {
        // An answer that was asked for before must not undo what this one shows.
        asked += 1;
        try {
            const path = `/storage/stores/${encodeURIComponent(name)}`;
            const store = await client.send("POST", path, { json: { action } });
            shown = { ...shown, stores: shown.stores.map((one) => (one.name === name ? store : one)) };
        } catch (problem) {
            toasts.problem(problem);
        }
        draw();
        refresh();
    }

    document.addEventListener("visibilitychange", refresh);
    area.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
    });

    return {
        isOpen: () => isOpen,
        open() {
            if (isOpen) return;
            isOpen = true;
            empty.hidden = true;
            area.hidden = false;
            link.setAttribute("aria-current", "page");
            document.title = "Storage – VoiceNote";
            if (shown === null) setText(status, "Loading");
            draw();
            area.focus({ preventScroll: true });
            refresh();
        },
        close() {
            if (!isOpen) return;
            isOpen = false;
            clearTimeout(timer);
            area.hidden = true;
            empty.hidden = false;
            link.removeAttribute("aria-current");
            document.title = "VoiceNote";
        },
        /** While nobody is signed in, nothing is asked for. */
        pause() {
            isPaused = true;
            clearTimeout(timer);
        },
        resume() {
            isPaused = false;
            refresh();
        },
    };
}
