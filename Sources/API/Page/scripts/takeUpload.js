// One take on its way to the server: each chunk goes to IndexedDB first and then into a live upload, so that both the
// death of this tab and the loss of the network leave everything but the last second safe. What remains after the
// stop, or is found at the next visit, is sent the same way; the take is removed only after a receipt that fits.

import { persist } from "./backoff.js";
import { sha256 } from "./digest.js";
import { Problem } from "./problem.js";
import { receiptMatches, removeUpload } from "./resumable.js";
import { createTakeSource } from "./takeSource.js";
import { createTransfer } from "./transfer.js";

// While the recording goes on, a server without room may get some; afterwards the person is asked.
const roomMayCome = [429, 507];
const usualLagMs = 2_500;

function mismatch() {
    return new Problem({
        code: "receipt_mismatch",
        detail: "The server's receipt names other bytes than were recorded. The recording is kept here: send it again.",
    });
}

/**
 * `parts` are the stored chunks of a take that was found; without them a recording begins. States: recording, kept
 * (waits for the person), sending, failed, saved, discarded. `onChange()`, `onSaved(note, {wasLost})`,
 * `onUnstored()` when the browser has no room for chunks.
 */
export function createTakeUpload({ client, takes, take, parts = null, onChange, onSaved, onUnstored }) {
    const source = createTakeSource(take.mimeType, parts ?? []);
    const leaving = new AbortController();
    let state = parts === null ? "recording" : "kept";
    let problem = null;
    let isStored = true;
    let count = parts?.length ?? 0;
    let writes = Promise.resolve();
    let running = Promise.resolve();

    const transfer = createTransfer({
        client, source, uploadID: take.uploadID ?? null, existing, onChange,
        describe: async () => ({
            query: { fileName: take.fileName, title: take.title, live: state === "recording" ? "1" : undefined },
            type: take.mimeType,
            length: state === "recording" ? null : source.size(),
            digest: state === "recording" ? null : await sha256(source.blob()),
        }),
        mayWait: (met) => met.isPassing || (state === "recording" && roomMayCome.includes(met.status)),
        onCreated: (id) => {
            take.uploadID = id;
            return keep(() => takes.update({ ...take }));
        },
    });

    // One write after the other, so that the take in the database is always a whole beginning of the recording.
    function keep(write) {
        writes = writes.then(() => (state === "discarded" ? null : write())).catch(() => {
            if (isStored) onUnstored();
            isStored = false;
        });
        return writes;
    }

    /** Before a second upload of the same take: is it there already, and is this still the account that recorded it? */
    async function existing(signal) {
        if (state === "recording" && !transfer.wasLost()) return null;
        const account = await client.get("/users/me", { signal });
        if (account.id !== take.accountID) {
            throw new Problem({ code: "other_account", detail: "Somebody else is signed in in this browser." });
        }
        const digest = state === "recording" ? null : await sha256(source.blob());
        if (digest === null) return null;
        const { items: [note] } = await client.get("/notes", { query: { sha256: digest.hex, limit: 1 }, signal });
        return note ? { note, receipt: note.recording, size: source.size() } : null;
    }

    async function run() {
        problem = null;
        onChange();
        try {
            const { note, receipt, size } = await transfer.run(leaving.signal);
            const digest = size === source.size() ? await sha256(source.blob()) : null;
            if (!receiptMatches(receipt, size, digest)) {
                transfer.startOver();
                throw mismatch();
            }
            await writes;
            // The receipt is here: only now may the only other copy go.
            await takes.remove(take.id).catch(() => {});
            state = "saved";
            onSaved(note, { wasLost: transfer.wasLost() });
        } catch (error) {
            if (leaving.signal.aborted) return;
            problem = error instanceof Problem ? error
                : new Problem({ code: "unreadable", detail: "The browser could not read this recording." });
            if (state === "sending") state = "failed";
        }
        onChange();
    }

    function send() {
        if (state !== "kept" && state !== "failed") return;
        state = "sending";
        source.complete();
        running = run();
    }

    /** Tells the server too, also at a later visit; until then it is remembered that the take was discarded. */
    async function discard() {
        state = "discarded";
        leaving.abort();
        onChange();
        await writes;
        if (transfer.id() !== null) {
            await takes.discard({ ...take }).catch(() => {});
            await persist(() => removeUpload(client, transfer.id()), { mayWait: (met) => met.isPassing })
                .catch(() => {});
        }
        await takes.remove(take.id).catch(() => {});
    }

    if (state === "recording") {
        keep(() => takes.begin({ ...take }));
        running = run();
    }

    return {
        take,
        state: () => state,
        /** What keeps it from being saved: the Problem that ended the attempts, or the one that is waited for. */
        problem: () => problem ?? transfer.trouble(),
        add(data, endMs) {
            if (data.size === 0) return;
            const index = count;
            count += 1;
            take.size += data.size;
            take.durationMs = Math.round(endMs);
            const { size, durationMs } = take;
            keep(async () => {
                // Behind a chunk that could not be stored, nothing may be: it would stand in the wrong place.
                if (!isStored) return;
                await takes.append({ ...take, size, durationMs }, index, await data.arrayBuffer(), durationMs);
            }).then(() => {
                source.add(data, durationMs);
                onChange();
            });
        },
        /** The recording is over. Resolves when every chunk is stored. */
        async finish() {
            await writes;
            const gaveUp = problem !== null;
            state = gaveUp ? "failed" : "sending";
            source.complete();
            if (gaveUp) send();
            onChange();
        },
        send,
        discard,
        nudge: transfer.nudge,
        /** Stops without giving anything up: another tab, or the next visit, goes on. */
        halt: () => leaving.abort(),
        /** Resolves when it is saved, or nothing more is tried. */
        ended: () => running,
        isEmpty: () => count === 0,
        uploadID: transfer.id,
        blob: source.blob,
        /** How much of the recording is on the server's disk. */
        savedMs: () => source.timeAt(transfer.acknowledged()),
        /** While the recording goes on, the second that is just being stored does not count. */
        hasUnsaved() {
            if (state !== "recording") return transfer.acknowledged() < source.size();
            const lagMs = take.durationMs - source.timeAt(transfer.acknowledged());
            return (problem ?? transfer.trouble()) !== null || lagMs > usualLagMs;
        },
    };
}
