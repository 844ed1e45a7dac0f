// The takes that this tab has to do with: the one being recorded, those whose last bytes are on their way, and those
// that an earlier visit left behind. What a dead tab left goes on by itself; a take of an earlier version of this page,
// which knew no uploads, waits until the person sends it.

import { createTakeUpload } from "./takeUpload.js";

/** `onChange()`, `onSaved(note, {wasLost})`, `onUnstored()`. */
export function createTakeUploads({ client, takes, accountID, onChange, onSaved, onUnstored }) {
    const uploads = new Map();
    const claimed = new Set();

    function open(take, parts) {
        const upload = createTakeUpload({ client, takes, take, parts, onChange: changed, onSaved, onUnstored });
        uploads.set(take.id, upload);
        return upload;
    }

    function changed() {
        for (const [id, upload] of uploads) {
            if (["saved", "discarded"].includes(upload.state())) uploads.delete(id);
        }
        onChange();
    }

    async function resume(id) {
        await takes.claim(id);
        // Another tab may have ended it while this one waited.
        const take = await takes.read(id);
        if (take === null) {
            takes.release(id);
            return;
        }
        const upload = open(take, await takes.parts(id));
        // What this browser could not keep, the server may have.
        if (take.discarded || (upload.isEmpty() && take.uploadID === null)) upload.discard();
        else if (take.uploadID !== undefined) upload.send();
        changed();
    }

    /** Looks for takes that no tab holds, now or later. */
    async function recover() {
        try {
            for (const { id } of await takes.all(accountID)) {
                if (claimed.has(id) || uploads.has(id)) continue;
                claimed.add(id);
                resume(id).catch(() => claimed.delete(id));
            }
        } catch {
            // No database, so no takes.
        }
    }

    document.addEventListener("visibilitychange", () => {
        if (!document.hidden) recover();
    });

    return {
        recover,
        /** The upload of a take that is about to be recorded. */
        record: (take) => open(take, null),
        all: () => [...uploads.values()],
        ownIDs: () => new Set([...uploads.values()].map((upload) => upload.uploadID())),
        hasUnsaved: () => [...uploads.values()].some((upload) => upload.state() !== "kept" && upload.hasUnsaved()),
        /** Resolves when nothing more is on its way, or after `limitMs`. */
        settle: (limitMs) => Promise.race([
            Promise.all([...uploads.values()].map((upload) => upload.ended())),
            new Promise((resolve) => { setTimeout(resolve, limitMs); }),
        ]),
        nudge: () => uploads.forEach((upload) => upload.nudge()),
        halt: () => uploads.forEach((upload) => upload.halt()),
    };
}
