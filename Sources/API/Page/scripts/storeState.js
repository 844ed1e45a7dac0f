// How a store stands, in words, and what can be done about it. Pure: values in, values out.

import { relativeTime } from "./format.js";

const states = {
    up: ["good", "Up"],
    down: ["bad", "Down"],
    vanished: ["bad", "Vanished"],
    budget: ["warning", "Budget used up"],
    paused: ["paused", "Paused"],
};
const meanings = {
    down: "It does not answer as it should. Copies wait and nothing is lost.",
    vanished: "It does not show the mark that was left in it: a disk that is not mounted, or another bucket. Nothing is"
        + " written to it, and none of its copies counts as lost.",
    budget: "This month's limit is reached. Copies wait until the next month, or until the limit is raised.",
    paused: "Copies to it wait until somebody resumes it.",
};

/** `{mark, words, reason, again}`; `again` says when it is tried next by itself. */
export function storeStanding({ state, reason, retryAt }, now = Date.now()) {
    const [mark, words] = states[state] ?? ["warning", state];
    const again = retryAt ? `It is tried again ${relativeTime(retryAt, now)}.` : "";
    return { mark, words, reason: reason || "", meaning: meanings[state] ?? "", again };
}

/** The actions that make sense for the store as it is, the most useful first. */
export function storeActions({ state, replicas }) {
    const isHeld = state === "paused";
    const hasTrouble = ["down", "vanished", "budget"].includes(state) || (replicas?.failed ?? 0) > 0;
    return [isHeld ? "resume" : null, hasTrouble && !isHeld ? "retry" : null, isHeld ? null : "pause", "check"]
        .filter(Boolean);
}

const counted = [
    ["verified", "Verified", "good"], ["uploading", "Uploading", "busy"], ["waiting", "Waiting", "waiting"],
    ["failed", "Failed", "bad"], ["suspect", "Suspect", "warning"], ["lost", "Lost", "bad"],
];

/** `{name, words, count, mark}` for each state that a store's copies can be in; no mark where there are none. */
export function copyCounts(replicas) {
    return counted.map(([name, words, mark]) => {
        const count = replicas?.[name] ?? 0;
        return { name, words, count, mark: count > 0 ? mark : "" };
    });
}
