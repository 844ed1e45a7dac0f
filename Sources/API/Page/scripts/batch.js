// One action for many notes: at most 500 in a request, each request with an Idempotency-Key, so that one whose answer
// was lost can be sent again. Every note ends up in one of two lists, done or not done with the reason.

import { persist } from "./backoff.js";
import { Problem } from "./problem.js";

const mostInRequest = 500;
const attemptsAtMost = 4;
const longestWaitSeconds = 60;

/** 128 random bits; `randomUUID` is missing where the page comes over plain http. */
function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function portions(notes) {
    const count = Math.ceil(notes.length / mostInRequest);
    return Array.from({ length: count }, (_, index) => (
        notes.slice(index * mostInRequest, (index + 1) * mostInRequest)));
}

/** The results of one request's notes, each told apart by its id; what the answer leaves out was not done. */
function outcomes(notes, items) {
    const results = new Map(items.map((item) => [item.id, item]));
    return notes.map((note) => {
        const result = results.get(note.id);
        if (result?.status >= 200 && result.status < 300) return { note, reason: null };
        return { note, reason: result?.detail ?? result?.code ?? "The server did not say what became of it." };
    });
}

function mayWait(problem, failures) {
    return (problem.isPassing || problem.status === 429) && failures < attemptsAtMost - 1
        && (problem.retryAfterSeconds ?? 0) <= longestWaitSeconds;
}

/**
 * Answers `{done: [note], failed: [{note, reason}]}` and throws only what is a mistake of the page. `onProgress(count)`
 * hears how many notes have been dealt with. After a 401 it waits until `backoff` is nudged.
 */
export async function runBatch({ client, action, notes, parameters = {}, backoff, onProgress = () => {} }) {
    const done = [];
    const failed = [];
    for (const portion of portions(notes)) {
        const key = randomKey();
        try {
            const answer = await persist(() => client.send("POST", "/notes/batch", {
                json: { action, ids: portion.map(({ id }) => id), ...parameters },
                headers: { "Idempotency-Key": key },
            }), { backoff, mayWait });
            for (const { note, reason } of outcomes(portion, answer.items)) {
                if (reason === null) done.push(note);
                else failed.push({ note, reason });
            }
        } catch (problem) {
            if (!(problem instanceof Problem)) throw problem;
            failed.push(...portion.map((note) => ({ note, reason: problem.message })));
        }
        onProgress(done.length + failed.length);
    }
    return { done, failed };
}
