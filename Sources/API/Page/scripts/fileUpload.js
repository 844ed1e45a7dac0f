// How one chosen file gets to the server: a small one in one request, a larger one in pieces. When the answer to the
// one request is lost, it is looked for by its digest and then sent in pieces too, which survives any further loss.

import { sha256 } from "./digest.js";
import { Problem } from "./problem.js";
import { contentType, receiptMatches, removeUpload, sendWhole } from "./resumable.js";
import { createTransfer } from "./transfer.js";

const oneRequestBytes = 1024 * 1024;
// A network may be away for as long as it likes; a server that fails this often in a row needs a person.
const mostFailures = 8;

function fileSource(file) {
    return {
        size: () => file.size,
        isComplete: () => true,
        async bytes(from, to) {
            const piece = file.slice(from, to);
            // A file that was changed or removed meanwhile fails here, and is not taken for a broken network.
            await piece.slice(0, 1).arrayBuffer();
            return piece;
        },
    };
}

/**
 * `query` says what the note is called. `onChange()` is called with every bit of progress. `run(signal, {again})`
 * answers `{note, wasThere}`; `wasThere` says that a note with these bytes existed before, which `again` overlooks.
 */
export function createFileUpload({ client, file, query, onChange }) {
    let digest = null;
    let mayBeThere = false;
    let sentWhole = 0;
    let isHashing = false;
    let overlooks = false;

    const transfer = createTransfer({
        client, source: fileSource(file), existing, onChange,
        describe: () => ({ query, type: contentType(file), length: file.size, digest }),
        mayWait: (problem, failures) => problem.isPassing && (problem.code === "network" || failures < mostFailures),
    });

    async function existing(signal) {
        if (digest === null || overlooks) return null;
        const { items: [note] } = await client.get("/notes", { query: { sha256: digest.hex, limit: 1 }, signal });
        return note ? { note, receipt: note.recording, size: file.size, wasThere: !mayBeThere } : null;
    }

    async function inOneRequest(signal) {
        let left = false;
        try {
            const there = await existing(signal);
            if (there) return there;
            left = true;
            const answer = await sendWhole(client, {
                query, type: contentType(file), length: file.size, digest, body: file, signal,
                onProgress: (sent) => {
                    sentWhole = Math.min(sent, file.size);
                    onChange();
                },
            });
            return { ...answer, size: file.size };
        } catch (problem) {
            if (!problem.isPassing) throw problem;
            // Whether it was stored is not known.
            mayBeThere = left;
            return null;
        } finally {
            sentWhole = 0;
        }
    }

    async function deliver(signal) {
        const isSmall = file.size <= oneRequestBytes && !mayBeThere && transfer.id() === null;
        return (isSmall ? await inOneRequest(signal) : null) ?? await transfer.run(signal);
    }

    return {
        async run(signal, { again = false } = {}) {
            overlooks = again;
            isHashing = true;
            onChange();
            digest = await sha256(file);
            isHashing = false;
            if (signal.aborted) throw Problem.cancelled();
            onChange();
            const { note, receipt, size, wasThere = false } = await deliver(signal);
            if (!receiptMatches(receipt, size, digest)) {
                transfer.startOver();
                throw new Problem({
                    code: "receipt_mismatch",
                    detail: "The server's receipt names other bytes than were sent. Send the file again.",
                });
            }
            return { note, wasThere };
        },
        isHashing: () => isHashing,
        sent: () => Math.max(transfer.sent(), sentWhole),
        trouble: transfer.trouble,
        nudge: transfer.nudge,
        /** After the person gave it up: what arrived of it may go. */
        async forget() {
            const id = transfer.id();
            transfer.startOver();
            if (id !== null) await removeUpload(client, id).catch(() => {});
        },
    };
}
