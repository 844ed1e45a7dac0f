// Takes: what was recorded here and is not yet known to be on the server. Each second of a recording goes to
// IndexedDB as it comes, and a take is removed only after the server's receipt. A Web Lock marks a take that some tab
// is recording or sending, so that another tab does not offer it.

const databaseName = "voicenote";
const lockPrefix = "voicenote.take.";

function finished(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

function committed(transaction) {
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
    });
}

function openDatabase() {
    const request = indexedDB.open(databaseName, 1);
    request.onupgradeneeded = () => {
        request.result.createObjectStore("takes", { keyPath: "id" });
        request.result.createObjectStore("chunks", { keyPath: ["takeID", "index"] });
    };
    return finished(request);
}

/** Runs for as long as this tab lives, or until the function it answers is called. */
function hold(name) {
    if (!navigator.locks) return () => {};
    let release = () => {};
    navigator.locks.request(name, () => new Promise((resolve) => { release = resolve; })).catch(() => {});
    return () => release();
}

function chunksOf(id) {
    return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

/**
 * A take is `{id, accountID, startedAt, mimeType, title, fileName, durationMs, size, attempted, sha256}`. Every call
 * rejects where the browser keeps no database (some private windows); callers keep the bytes in memory besides.
 */
export function createTakeStore() {
    let opening = null;
    const held = new Map();

    function database() {
        opening ??= openDatabase().catch((error) => {
            opening = null;
            throw error;
        });
        return opening;
    }

    async function write(work) {
        // Strict: the browser answers when the bytes are on the disk, not when they are in its cache.
        const transaction = (await database()).transaction(["takes", "chunks"], "readwrite", { durability: "strict" });
        const done = committed(transaction);
        work(transaction.objectStore("takes"), transaction.objectStore("chunks"));
        await done;
    }

    function claim(id) {
        if (!held.has(id)) held.set(id, hold(lockPrefix + id));
    }

    return {
        claim,
        begin(take) {
            claim(take.id);
            return write((takes) => takes.put(take));
        },
        append: (takeID, index, bytes) => write((takes, chunks) => chunks.put({ takeID, index, bytes })),
        update: (take) => write((takes) => takes.put(take)),
        async remove(id) {
            await write((takes, chunks) => {
                takes.delete(id);
                chunks.delete(chunksOf(id));
            });
            held.get(id)?.();
            held.delete(id);
        },
        /** The bytes of a take, in order. */
        async blob(take) {
            const chunks = (await database()).transaction("chunks").objectStore("chunks");
            const parts = await finished(chunks.getAll(chunksOf(take.id)));
            return new Blob(parts.map(({ bytes }) => bytes), { type: take.mimeType });
        },
        /** The takes of an account that no tab is busy with, oldest first. */
        async unsent(accountID) {
            const takes = await finished((await database()).transaction("takes").objectStore("takes").getAll());
            const locks = navigator.locks ? (await navigator.locks.query()).held ?? [] : [];
            const busy = new Set(locks.map(({ name }) => name));
            return takes
                .filter((take) => take.accountID === accountID && !held.has(take.id) && !busy.has(lockPrefix + take.id))
                .sort((one, other) => one.startedAt - other.startedAt);
        },
    };
}
