// Bringing bytes to the server as one resumable upload, piece after piece, one request at a time. What a broken
// connection leaves open is asked for, never guessed; an upload that is gone is begun anew. The bytes may still be
// growing: a recording that is under way is sent by the same code as a file.

import { createBackoff, persist } from "./backoff.js";
import { Problem } from "./problem.js";
import { append, askOffset, createUpload } from "./resumable.js";

const pieceBytes = 8 * 1024 * 1024;
// The server completes a recording that nobody touches for a while, so one that is paused says that it goes on.
const aliveEveryMs = 60_000;
const mostRestarts = 5;
const mostConflicts = 20;

/**
 * `source` is `{size(), isComplete(), bytes(from, to), more(limitMs, signal)}`: the bytes that there are, whether all
 * are, a Blob of some of them, and a wait for more that answers false when the limit came first.
 * `describe()` answers query, type, length and digest for a new upload, `existing(signal)` what the server already has
 * of it (as `run` does, or null); it is asked before every new upload. `onCreated(id)` is waited for.
 */
export function createTransfer({
    client, source, describe, existing = async () => null, uploadID = null, mayWait = (problem) => problem.isPassing,
    onCreated = async () => {}, onChange = () => {},
}) {
    const backoff = createBackoff();
    let id = uploadID;
    // Null: only the server knows.
    let offset = null;
    let acknowledged = 0;
    let moving = 0;
    let trouble = null;
    let restarts = 0;
    let mustSay = false;

    function startOver() {
        id = null;
        offset = null;
        acknowledged = 0;
    }

    function reached(place) {
        if (place > acknowledged) backoff.reset();
        offset = place;
        acknowledged = place;
        moving = 0;
    }

    /** An upload that somebody else ended. The bytes are all here, so another one takes its place. */
    function lost() {
        startOver();
        restarts += 1;
        throw new Problem({ code: "upload_lost", detail: "The server no longer knows this upload." });
    }

    async function create(signal) {
        const there = await existing(signal);
        if (there) return there;
        const made = await createUpload(client, { ...await describe(), signal });
        id = made.id;
        reached(made.offset);
        await onCreated(id);
        return null;
    }

    async function ask(signal) {
        const answer = await askOffset(client, id, signal);
        reached(answer.offset);
        // Completed: by this page, if all is there (the answer was lost, and is asked for again), else by the server.
        if (answer.isComplete && !(source.isComplete() && answer.offset === source.size())) lost();
    }

    async function sendPiece(signal) {
        const from = offset;
        const to = Math.min(source.size(), from + pieceBytes);
        const isLast = source.isComplete() && to >= source.size();
        if (to <= from && !isLast && !mustSay) return null;
        const body = to > from ? await source.bytes(from, to) : null;
        offset = null;
        const answer = await append(client, id, {
            offset: from, body, isLast, signal,
            onProgress: (sent) => {
                moving = Math.min(sent, to - from);
                onChange();
            },
        });
        mustSay = false;
        // More than there is here, if the bytes of a take were lost to this browser after they were sent.
        const end = Math.max(from, to);
        reached(isLast ? end : answer.offset);
        return isLast ? { ...answer, size: end } : null;
    }

    async function step(signal) {
        try {
            if (id === null) return await create(signal);
            if (offset === null) await ask(signal);
            return await sendPiece(signal);
        } catch (error) {
            moving = 0;
            if (!(error instanceof Problem) || id === null) throw error;
            if (error.status === 404 || error.status === 410) lost();
            if (error.isCompletedUpload) offset = null;
            else if (error.status === 409 && error.uploadOffset !== null) offset = error.uploadOffset;
            throw error;
        }
    }

    function waits(problem, failures) {
        if (problem.code === "upload_lost") return restarts <= mostRestarts;
        return problem.status === 409 ? failures < mostConflicts : mayWait(problem, failures);
    }

    function onTrouble(problem) {
        trouble = problem;
        onChange();
    }

    return {
        /** Sends until the source is complete and the server has it all. Answers `{note, receipt, size}`. */
        async run(signal) {
            for (;;) {
                const answer = await persist(() => step(signal), { backoff, mayWait: waits, onTrouble, signal });
                if (answer !== null) return answer;
                if (offset !== null && offset >= source.size() && !source.isComplete()) {
                    mustSay = !await source.more(aliveEveryMs, signal);
                }
            }
        },
        startOver,
        /** Tries again at once, if it waits. */
        nudge: backoff.nudge,
        id: () => id,
        /** Bytes that are on the server's disk. */
        acknowledged: () => acknowledged,
        /** The same, and those of the piece that is on its way. */
        sent: () => acknowledged + moving,
        /** The Problem that is being waited for, or null. */
        trouble: () => trouble,
        wasLost: () => restarts > 0,
    };
}
