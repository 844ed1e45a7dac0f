// The queue of files: five at a time, every file with a state of its own, none dropped. A file that fails stays until
// the person retries or clears it, and goes on from where it was.

import { createFileUpload } from "./fileUpload.js";
import { Problem } from "./problem.js";

const longestWaitSeconds = 60;
const waitsAtMost = 5;
const running = ["hashing", "sending", "checking"];

/** Whether trying again can help: not for a file that is empty, too large or no audio. */
function canRetry({ state, problem }) {
    return state === "cancelled"
        || (state === "failed" && !["empty", "too_large", "unsupported_media_type"].includes(problem.code));
}

/**
 * States: waiting, hashing, sending, checking, sent, present (a note with these bytes was there), failed, cancelled.
 * `onChange(item)` is called with the item that changed, or with null when the list did; `onSent(note)`.
 */
export function createUploadQueue({ client, largestBytes, mostAtOnce, onChange, onSent }) {
    let items = [];
    let nextID = 1;

    function add(files) {
        for (const file of files) {
            const item = {
                id: nextID, name: file.name, size: file.size, state: "waiting", sent: 0, problem: null, note: null,
                controller: null, waits: 0, notBefore: 0, again: false, upload: null,
            };
            item.upload = createFileUpload({
                client, file, query: { fileName: file.name }, onChange: () => progressed(item),
            });
            nextID += 1;
            items.push(item);
            if (item.size === 0) fail(item, new Problem({ code: "empty", detail: "The file is empty." }));
            else if (item.size > largestBytes()) {
                fail(item, new Problem({ code: "too_large", detail: "The file is larger than this server takes." }));
            }
        }
        onChange(null);
        pump();
    }

    function active() {
        return items.filter(({ state }) => running.includes(state)).length;
    }

    function pump() {
        const now = Date.now();
        let free = mostAtOnce() - active();
        for (const item of items) {
            if (free <= 0) break;
            if (item.state !== "waiting" || item.notBefore > now) continue;
            free -= 1;
            run(item);
        }
    }

    function progressed(item) {
        if (!running.includes(item.state)) return;
        item.sent = Math.min(item.size, item.upload.sent());
        item.problem = item.upload.trouble();
        if (item.upload.isHashing()) item.state = "hashing";
        else item.state = item.sent >= item.size ? "checking" : "sending";
        onChange(item);
    }

    function fail(item, problem) {
        item.state = problem.code === "cancelled" ? "cancelled" : "failed";
        item.problem = problem;
    }

    async function run(item) {
        Object.assign(item, { state: "sending", problem: null, controller: new AbortController() });
        onChange(item);
        try {
            const { note, wasThere } = await item.upload.run(item.controller.signal, { again: item.again });
            Object.assign(item, {
                state: wasThere ? "present" : "sent", note, sent: item.size, problem: null,
            });
            if (!wasThere) onSent(note);
        } catch (error) {
            const problem = error instanceof Problem ? error
                : new Problem({ code: "unreadable", detail: "The file could not be read. Choose it again." });
            if (!postpone(item, problem)) fail(item, problem);
            if (item.state === "cancelled") item.upload.forget();
        } finally {
            item.controller = null;
            onChange(item);
            pump();
        }
    }

    /** A busy server says when to come back; then the file waits by itself, and others go first. */
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

    function retry(item, { again = false } = {}) {
        if (!["failed", "cancelled", "present"].includes(item.state)) return;
        Object.assign(item, {
            state: "waiting", sent: 0, waits: 0, notBefore: 0, problem: null, again: again || item.again,
        });
        onChange(item);
        pump();
    }

    function cancel(item) {
        if (item.controller) {
            item.controller.abort();
        } else if (item.state === "waiting") {
            fail(item, Problem.cancelled());
            item.upload.forget();
            onChange(item);
        }
    }

    function retryWhere(matches) {
        for (const item of items) {
            if (item.state === "failed" && canRetry(item) && matches(item.problem)) retry(item);
        }
    }

    function keepOnly(stays) {
        items = items.filter(stays);
        onChange(null);
    }

    return {
        add, retry, cancel, active, canRetry,
        items: () => items,
        retryFailed: () => retryWhere(() => true),
        /** After signing in again. */
        retryRefused() {
            for (const { upload } of items) upload.nudge();
            retryWhere(({ status }) => status === 401);
        },
        /** Takes the finished ones off the page. */
        clear: () => keepOnly(({ state }) => !["sent", "present", "cancelled"].includes(state)),
        remove(item) {
            if (item.state === "failed") item.upload.forget();
            keepOnly((other) => other !== item);
        },
        hasUnsent: () => items.some((item) => item.state === "waiting" || running.includes(item.state)
            || (item.state === "failed" && canRetry(item))),
    };
}
