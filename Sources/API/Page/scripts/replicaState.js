// Where the blobs of a recording are, put together by store and in words. Pure: values in, values out.

import { countOf, percent } from "./format.js";

const blobNames = { source: "Original", listen: "Listen copy", repaired: "Repaired copy" };
// The first that applies to any blob of a store is how the store's row stands.
const order = ["lost", "suspect", "failed", "uploading", "retrying", "paused", "waiting", "verified", "absent"];
const marks = {
    lost: "bad", suspect: "warning", failed: "bad", uploading: "busy", retrying: "warning", paused: "paused",
    waiting: "waiting", verified: "good", absent: "off",
};
const actions = {
    lost: ["retry"], suspect: ["retry"], failed: ["retry", "cancel"], uploading: ["pause", "cancel"],
    retrying: ["retry", "pause", "cancel"], paused: ["resume", "cancel"], waiting: ["pause", "cancel"], verified: [],
    absent: ["copy"],
};

/** `sync` is the recording's: it tells a failure that is tried again from one that was given up. */
function stateOf(replica, sync) {
    if (["verified", "suspect", "lost"].includes(replica.state)) return replica.state;
    if (replica.state === "absent" && !replica.wanted) return "absent";
    if (replica.paused) return "paused";
    if (replica.error && sync === "failed") return "failed";
    if (replica.state === "uploading") return "uploading";
    if (!replica.error) return "waiting";
    return sync === "pending" ? "retrying" : "failed";
}

function fractionOf(replicas) {
    const total = replicas.reduce((sum, { bytesTotal }) => sum + bytesTotal, 0);
    const done = replicas.reduce((sum, { state, bytesDone, bytesTotal }) => (
        sum + (state === "verified" ? bytesTotal : bytesDone)), 0);
    return total > 0 ? done / total : 0;
}

function wordsOf(state, { fraction, isLocal, attempts }) {
    switch (state) {
    case "lost": return "Lost; copied again from a good one";
    case "suspect": return "Suspect; checked, and repaired from a good copy";
    case "failed": return attempts > 0 ? `Failed after ${countOf(attempts, "attempt")}` : "Failed";
    case "uploading": return `Uploading, ${percent(fraction)}`;
    case "retrying": return `Tried again soon${attempts > 0 ? `, after ${countOf(attempts, "attempt")}` : ""}`;
    case "paused": return fraction > 0 ? `Paused at ${percent(fraction)}` : "Paused";
    case "waiting": return "Waiting for its turn";
    case "verified": return "Verified";
    default: return isLocal ? "Not here now; it plays from a store" : "Not kept here";
    }
}

function rowOf(replicas, sync) {
    const [{ store, kind }] = replicas;
    const kept = replicas.filter(({ state, wanted }) => wanted || state !== "absent");
    const counted = kept.length > 0 ? kept : replicas;
    const states = counted.map((replica) => [replica, stateOf(replica, sync)]);
    const state = order.find((name) => states.some(([, one]) => one === name));
    const concerned = states.filter(([, one]) => one === state).map(([replica]) => replica);
    const isLocal = kind === "local";
    const fraction = fractionOf(counted);
    const attempts = Math.max(0, ...concerned.map((replica) => replica.attempts ?? 0));
    const differs = new Set(states.map(([, one]) => one)).size > 1;
    const times = counted.map(({ verifiedAt }) => verifiedAt).filter(Boolean).sort();
    return {
        store, kind, state, fraction,
        mark: marks[state],
        words: wordsOf(state, { fraction, isLocal, attempts }),
        /** Which blob stands how, where they do not all stand alike. */
        parts: differs ? states.map(([{ blob }, one]) => (
            `${blobNames[blob] ?? blob}: ${one === "absent" ? "not kept here" : one}`)).join(", ") : "",
        reason: state === "verified" ? null : concerned.find(({ error }) => error)?.error ?? null,
        // The one that was looked at longest ago speaks for the store.
        verifiedAt: times.length === counted.length ? times[0] : null,
        actions: isLocal ? actions[state].filter((name) => name === "retry") : actions[state],
    };
}

/** A row a store, this server's first; null where the note does not tell (the notes of a list do not). */
export function storeRows(recording) {
    if (!recording?.replicas) return null;
    const groups = new Map();
    for (const replica of recording.replicas) {
        groups.set(replica.store, [...(groups.get(replica.store) ?? []), replica]);
    }
    return [...groups.values()].map((replicas) => rowOf(replicas, recording.sync))
        .sort((one, other) => (other.kind === "local") - (one.kind === "local") || (one.store < other.store ? -1 : 1));
}

/** The row as it is while it is copied, between two versions of the note. */
export function withProgress(row, fraction) {
    if (["paused", "verified", "absent"].includes(row.state)) return row;
    const state = "uploading";
    return {
        ...row, state, fraction, mark: marks[state], words: wordsOf(state, { fraction }), reason: null,
        actions: actions[state],
    };
}

/** none, pending, synced or failed; null where it cannot be known. */
export function syncOf(recording) {
    if (recording?.sync) return recording.sync;
    if (!recording?.replicas) return null;
    const wanted = recording.replicas.filter((replica) => replica.kind !== "local" && replica.wanted);
    if (wanted.length === 0) return "none";
    const states = wanted.map((replica) => stateOf(replica, null));
    if (states.includes("failed")) return "failed";
    return states.every((state) => state === "verified") ? "synced" : "pending";
}
