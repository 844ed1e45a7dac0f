// What is edited: the version that is heard, its list, the versions, cursor and selection. One change after the other
// goes to the server; each is reckoned from what the one before it left.

import { clampPlaces } from "./editCommands.js";
import { timelineOf } from "./editSegments.js";

/** `onChange(what)` with "edit", "places" or "versions"; `onConflict(problem)` answers "theirs" or "yours". */
export function createEditModel({ requests, onChange, onConflict, onProblem }) {
    let edit = null;
    let timeline = null;
    let versions = [];
    let next = null;
    let places = { cursor: 0, selection: null };
    let busy = 0;
    let queue = Promise.resolve();

    const head = () => edit?.head?.id ?? null;
    const length = () => timeline?.length ?? 0;

    function take(fresh) {
        edit = fresh;
        timeline = timelineOf(fresh.list);
        places = clampPlaces(places, timeline.length);
        onChange("edit");
    }

    async function load() {
        const answer = await requests.state();
        versions = answer.versions;
        next = answer.next;
        take(answer.edit);
        onChange("versions");
    }

    async function listVersions() {
        try {
            const answer = await requests.state();
            versions = answer.versions;
            next = answer.next;
            // Somebody else's change in between is left for the conflict that the next one makes.
            onChange("versions");
        } catch {
            // The list is behind by one; the next change brings it up again.
        }
    }

    /** Sends a change; after a conflict asks what to do. */
    async function send(attempt) {
        try {
            return await attempt(head());
        } catch (problem) {
            if (problem.status !== 409 || problem.code !== "conflict" || !problem.document?.head) throw problem;
            const { head: theirs, yours } = problem.document;
            const choice = await onConflict({ theirs, yours, rate: edit.list.sampleRate });
            if (choice === "yours") {
                return send(() => (yours ? requests.change(theirs.id, { list: yours }) : attempt(theirs.id)));
            }
            await load();
            return null;
        }
    }

    /** Runs after what is under way. Answers whether it was done. */
    function inTurn(work) {
        busy += 1;
        onChange("busy");
        const done = queue.then(async () => {
            try {
                return await work();
            } catch (problem) {
                if (problem.name !== "Problem") throw problem;
                onProblem(problem);
                return false;
            } finally {
                busy -= 1;
                onChange("busy");
            }
        });
        queue = done.catch(() => {});
        return done;
    }

    function change(attempt, after = {}) {
        return inTurn(async () => {
            const fresh = await send(attempt);
            if (!fresh) return false;
            const wanted = typeof after === "function" ? after(fresh.length) : after;
            places = { ...places, ...wanted };
            take(fresh);
            listVersions();
            return true;
        });
    }

    return {
        load,
        /** `make(places)` answers `{operations, after}`, or null where there is nothing to do. */
        apply: (make) => {
            let after = {};
            let nothing = false;
            return change((base) => {
                const command = make({ ...places, length: length() });
                nothing = command === null;
                if (nothing) return null;
                after = command.after;
                return requests.change(base, { operations: command.operations });
            }, (samples) => (typeof after === "function" ? after(samples) : after)).then((done) => done && !nothing);
        },
        undo: () => change((base) => (edit.canUndo ? requests.change(base, { action: "undo" }) : null)),
        redo: () => change((base) => (edit.canRedo ? requests.change(base, { action: "redo" }) : null)),
        restore: (id) => change((base) => requests.restore(base, id), { selection: null }),
        rename: (id, name) => inTurn(async () => {
            const fresh = await requests.rename(id, name);
            versions = versions.map((one) => (one.id === id ? { ...one, name: fresh.name } : one));
            if (edit.head?.id === id) edit.head.name = fresh.name;
            onChange("versions");
            return true;
        }),
        more: () => inTurn(async () => {
            const page = await requests.state(next);
            versions = [...versions, ...page.versions];
            next = page.next;
            onChange("versions");
            return true;
        }),
        /** Takes `{cursor}`, `{selection}` or both; what is outside the edit is brought into it. */
        place(wanted) {
            places = clampPlaces({ ...places, ...wanted }, length());
            onChange("places");
        },
        head, length,
        edit: () => edit,
        timeline: () => timeline,
        rate: () => edit?.list.sampleRate ?? 48_000,
        cursor: () => places.cursor,
        selection: () => places.selection,
        versions: () => versions,
        hasMore: () => next !== null,
        isBusy: () => busy > 0,
    };
}
