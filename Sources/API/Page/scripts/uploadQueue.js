// The queue of uploads: five at a time, every file with a state of its own, none dropped. A file that fails stays
// until the person retries or clears it; one whose answer was lost is looked for on the server before it is sent again.

import { sha256 } from "./digest.js";
import { Problem } from "./problem.js";
import { receiptMatches, transfer } from "./transfer.js";

const mostAtOnce = 5;
const longestWaitSeconds = 60;
const waitsAtMost = 5;

/** Whether trying again can help: not for a file that is empty, too large or no audio. */
function mayYetBeSent({ take, problem }) {
    return take !== null || !["empty", "too_large", "unsupported_media_type"].includes(problem.code);
}

/** States: waiting, sending, checking, sent, failed, cancelled. `onChange()`, `onSent(note)`, `onLost(item)`. */
export function createUploadQueue({ client, takes, largestBytes, onChange, onSent, onFailed }) {
    let items = [];
    let nextID = 1;

    function add({ name, blob, title = null, take = null }) {
        const item = {
            id: nextID, name, blob, title, take, size: blob.size, state: "waiting", sent: 0, problem: null, note: null,
            controller: null, unanswered: take?.attempted ?? false, waits: 0, notBefore: 0,
        };
        nextID += 1;
        items.push(item);
        if (take) takes.claim(take.id);
        if (item.size === 0) fail(item, new Problem({ code: "empty", detail: "The file is empty." }));
        else if (largestBytes && item.size > largestBytes()) {
            fail(item, new Problem({ code: "too_large", detail: "The file is larger than this server takes." }));
        }
        onChange();
        pump();
    }

    function active() {
        return items.filter(({ state }) => state === "sending" || state === "checking").length;
    }

    function pump() {
        while (active() < mostAtOnce) {
            const now = Date.now();
            const item = items.find(({ state, notBefore }) => state === "waiting" && notBefore <= now);
            if (!item) break;
            run(item);
        }
        onChange();
    }

    function fail(item, problem) {
        item.state = problem.code === "cancelled" ? "cancelled" : "failed";
        item.problem = problem;
        if (item.state === "failed") onFailed(item);
    }

    async function run(item) {
        item.state = "sending";
        item.sent = 0;
        item.problem = null;
        item.controller = new AbortController();
        try {
            const digest = await sha256(item.blob);
            const note = (item.unanswered ? await alreadyThere(digest) : null) ?? await send(item, digest);
            item.state = "sent";
            item.note = note;
            item.sent = item.size;
            // The receipt is here: only now may the only other copy go.
            if (item.take) await takes.remove(item.take.id).catch(() => {});
            item.blob = null;
            onSent(note);
        } catch (error) {
            const problem = error instanceof Problem ? error
                : new Problem({ code: "unreadable", detail: "The file could not be read. Choose it again." });
            if (problem.code === "network") item.unanswered = true;
            if (!postpone(item, problem)) fail(item, problem);
        } finally {
            item.controller = null;
            pump();
        }
    }

    async function send(item, digest) {
        if (item.take && !item.take.attempted) {
            item.take.attempted = true;
            await takes.update(item.take).catch(() => {});
        }
        const { note, receipt } = await transfer(client, {
            blob: item.blob, digest, signal: item.controller.signal,
            query: { fileName: item.name, title: item.title },
            onProgress: (sent) => {
                item.sent = Math.min(sent, item.size);
                item.state = sent >= item.size ? "checking" : "sending";
                onChange();
            },
        });
        if (!receiptMatches(receipt, item.blob, digest)) {
            throw new Problem({
                code: "receipt_mismatch",
                detail: "The server's receipt names other bytes than were sent. The file is kept here: send it again.",
            });
        }
        return note;
    }

    /** After a lost answer: the note that holds exactly these bytes, if the server did store them. */
    async function alreadyThere(digest) {
        if (!digest) return null;
        const { items: newest } = await client.get("/notes", { query: { limit: 200 } });
        return newest.find(({ recording }) => recording?.sha256 === digest.hex) ?? null;
    }

    /** A busy server says when to come back; then the file waits by itself. */
    function postpone(item, problem) {
        const seconds = problem.retryAfterSeconds;
        if (![429, 503].includes(problem.status) || seconds === null || seconds > longestWaitSeconds) return false;
        if (item.waits >= waitsAtMost) return false;
        item.waits += 1;
        item.state = "waiting";
        item.problem = problem;
        item.notBefore = Date.now() + seconds * 1000;
        setTimeout(pump, seconds * 1000 + 50);
        return true;
    }

    function retry(item) {
        if (item.state !== "failed" && item.state !== "cancelled") return;
        Object.assign(item, { state: "waiting", sent: 0, waits: 0, notBefore: 0 });
        pump();
    }

    function cancel(item) {
        if (item.controller) {
            item.controller.abort();
        } else if (item.state === "waiting") {
            fail(item, Problem.cancelled());
            onChange();
        }
    }

    function retryWhere(matches) {
        for (const item of items.filter(({ state, problem }) => state === "failed" && matches(problem))) retry(item);
    }

    window.addEventListener("online", () => retryWhere(({ code }) => code === "network"));

    return {
        add, retry, cancel, active,
        items: () => items,
        retryFailed: () => retryWhere(() => true),
        /** After signing in again. */
        retryRefused: () => retryWhere(({ status }) => status === 401),
        /** Takes the finished ones off the page; with `all`, the failed ones too. */
        clear(all = false) {
            const gone = all ? ["sent", "cancelled", "failed"] : ["sent", "cancelled"];
            items = items.filter(({ state }) => !gone.includes(state));
            onChange();
        },
        remove(item) {
            items = items.filter((other) => other !== item);
            onChange();
        },
        hasUnsent: () => items.some((item) => ["waiting", "sending", "checking"].includes(item.state)
            || (item.state === "failed" && mayYetBeSent(item))),
    };
}
