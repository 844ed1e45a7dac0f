// Takes: what was recorded here and is not yet known to be on the server. Each second of a recording goes to
// IndexedDB as it comes, and a take is removed only after the server's receipt. A Web Lock marks a take that some tab
// is recording or sending, so that only one tab at a time has to do with it.

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

function chunksOf(id) {
    return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

/**
 * A take is `{id, accountID, startedAt, mimeType, title, fileName, durationMs, size, uploadID, discarded}`; `uploadID`
 * is null until the server gave one, and missing in takes of earlier versions of this page. A chunk is `{takeID, index,
 * bytes, endMs}`. Every call rejects where the browser keeps no database (some private windows); callers keep the bytes
 * in memory besides.
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

    async function store(name) {
        return (await database()).transaction(name).objectStore(name);
    }

    async function write(work) {
        // Strict: the browser answers when the bytes are on the disk, not when they are in its cache.
        const transaction = (await database()).transaction(["takes", "chunks"], "readwrite", { durability: "strict" });
        const done = committed(transaction);
        work(transaction.objectStore("takes"), transaction.objectStore("chunks"));
        await done;
    }

    /** Resolves when this tab holds the take: at once, or when the tab that does lets it go, closes or dies. */
    function claim(id) {
        if (!navigator.locks || held.has(id)) return Promise.resolve();
        return new Promise((resolve, reject) => {
            navigator.locks.request(lockPrefix + id, () => new Promise((release) => {
                held.set(id, release);
                resolve();
            })).catch(reject);
        });
    }

    function release(id) {
        held.get(id)?.();
        held.delete(id);
    }

    return {
        claim,
        release,
        async begin(take) {
            await claim(take.id);
            await write((takes) => takes.put(take));
        },
        /** A chunk, and the take as it is with it, in one transaction. */
        append: (take, index, bytes, endMs) => write((takes, chunks) => {
            chunks.put({ takeID: take.id, index, bytes, endMs });
            takes.put(take);
        }),
        update: (take) => write((takes) => takes.put(take)),
        /** The bytes go; that it was discarded stays until the server knows it too. */
        discard: (take) => write((takes, chunks) => {
            chunks.delete(chunksOf(take.id));
            takes.put({ ...take, discarded: true });
        }),
        async remove(id) {
            await write((takes, chunks) => {
                takes.delete(id);
                chunks.delete(chunksOf(id));
            });
            release(id);
        },
        /** The take as it is stored, or null. */
        read: async (id) => (await finished((await store("takes")).get(id))) ?? null,
        /** The chunks of a take, in order. */
        parts: async (id) => finished((await store("chunks")).getAll(chunksOf(id))),
        /** The takes of an account, oldest first, those that a tab is busy with included. */
        async all(accountID) {
            const takes = await finished((await store("takes")).getAll());
            return takes.filter((take) => take.accountID === accountID)
                .sort((one, other) => one.startedAt - other.startedAt);
        },
    };
}
