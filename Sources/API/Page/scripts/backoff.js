// Trying again: after half a second, then twice as long each time up to ten, and at once when the browser comes
// online or somebody asks for it.

import { Problem } from "./problem.js";

const firstMs = 500;
const longestMs = 10_000;

export function createBackoff() {
    let failures = 0;
    let waking = () => {};

    function pause(ms, signal) {
        return new Promise((resolve, reject) => {
            const end = (settle) => {
                clearTimeout(timer);
                window.removeEventListener("online", wake);
                signal?.removeEventListener("abort", cancel);
                settle();
            };
            const wake = () => end(resolve);
            const cancel = () => end(() => reject(Problem.cancelled()));
            const timer = ms === Infinity ? 0 : setTimeout(wake, ms);
            waking = wake;
            window.addEventListener("online", wake);
            signal?.addEventListener("abort", cancel);
            if (signal?.aborted) cancel();
        });
    }

    return {
        failures: () => failures,
        reset() {
            failures = 0;
        },
        /** Ends the wait that is under way. */
        nudge: () => waking(),
        /** Waits as long as `problem` and the failures before it ask for; after a 401 until there is a nudge. */
        wait(problem, signal) {
            // A little off the beat, so that five uploads that failed together do not come back together.
            const ms = Math.min(longestMs, firstMs * 2 ** failures) * (0.8 + Math.random() * 0.4);
            failures += 1;
            if (problem.status === 401) return pause(Infinity, signal);
            return pause(Math.max(ms, (problem.retryAfterSeconds ?? 0) * 1000), signal);
        },
    };
}

/**
 * Runs `attempt` until it succeeds. Between attempts it waits, as long as `mayWait(problem, failures)`; otherwise it
 * throws the Problem. `onTrouble` hears each Problem that is waited for, and null when the trouble is over.
 */
export async function persist(attempt, { backoff = createBackoff(), mayWait, onTrouble = () => {}, signal }) {
    for (;;) {
        try {
            const result = await attempt();
            backoff.reset();
            onTrouble(null);
            return result;
        } catch (error) {
            if (!(error instanceof Problem) || error.code === "cancelled") throw error;
            if (error.status !== 401 && !mayWait(error, backoff.failures())) throw error;
            onTrouble(error);
            await backoff.wait(error, signal);
        }
    }
}
