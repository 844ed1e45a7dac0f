// How much of a recording is safe on the server: a line that changes each second for the eye, and a live region that
// speaks only when it turns from saved to not saved or back.

import { element, setText } from "./dom.js";
import { spokenTime, timeCode } from "./format.js";

// Chunks come each second and take a moment to arrive; only more than this is worth a warning.
const usualLagMs = 4_000;
const settledAfterMs = 2_000;

/** `{kind, words}`; kinds: saved, behind, offline, signedOut, refused. */
export function savedState({ savedMs, totalMs, problem }) {
    const missing = `${timeCode(Math.max(0, totalMs - savedMs) / 1000)} not saved yet`;
    if (problem === null && totalMs - savedMs <= usualLagMs) {
        return { kind: "saved", words: `saved up to ${timeCode(savedMs / 1000)}` };
    }
    if (problem === null || problem.code === "upload_lost") return { kind: "behind", words: missing };
    if (problem.code === "network") return { kind: "offline", words: `offline: ${missing}` };
    if (problem.status === 401) return { kind: "signedOut", words: `signed out: ${missing}` };
    return { kind: "refused", words: `${missing}: ${problem.message}` };
}

const announcements = {
    behind: () => "The connection is slow. The recording goes on and is kept in this browser.",
    offline: () => "Offline. The recording goes on and is kept in this browser.",
    signedOut: () => "Signed out. The recording goes on and is kept in this browser.",
    refused: (words) => `The recording goes on and is kept in this browser. ${words}`,
    saved: (words, savedMs) => `Saved again, up to ${spokenTime(savedMs / 1000)}.`,
};

export function createSavedLine() {
    const light = element("span", { class: "saved-light", aria: { hidden: true } });
    const words = element("span", { testid: "saved-words" });
    const node = element("p", { class: "saved-line", testid: "saved-line" }, light, words);
    const announcement = element("p", {
        class: "visually-hidden", testid: "saved-announcement", aria: { live: "polite", atomic: "true" },
    });
    let told = "saved";
    let kind = "saved";
    let since = 0;

    return {
        node,
        announcement,
        /** A new recording: nothing to tell so far. */
        start() {
            told = "saved";
            kind = "saved";
            setText(announcement, "");
        },
        update(progress) {
            const now = performance.now();
            const state = savedState(progress);
            node.dataset.kind = state.kind;
            setText(words, state.kind === "refused" ? `${state.words} It is kept in this browser.` : state.words);
            if (state.kind !== kind) {
                kind = state.kind;
                since = now;
            }
            if (kind === told || now - since < settledAfterMs) return;
            told = kind;
            setText(announcement, announcements[kind](state.words, progress.savedMs));
        },
    };
}
