// The notes that the page knows: the part of the list loaded so far, newest first, under one filter. It pages with
// the server's cursor, takes news from the event stream, and lists again after a gap without losing the place.

import { syncOf } from "./replicaState.js";

const pageSize = 50;
const largestPage = 500;

export function createNoteStore({ client, onChange, onProblem }) {
    let filter = { view: "all", folder: "", tag: "", sync: "", q: "" };
    let notes = new Map();
    let progress = new Map();
    let cursor = null;
    let complete = false;
    let loading = false;
    let listed = false;
    let generation = 0;
    // News that arrives while a page is under way is newer than that page, and is applied to it again.
    let news = [];

    function query(limit, from) {
        return {
            limit, cursor: from, folder: filter.folder, tag: filter.tag, sync: filter.sync, q: filter.q.trim(),
            archived: filter.view === "archived" ? "true" : "false",
            trashed: filter.view === "trash" ? "true" : undefined,
        };
    }

    function belongs(note) {
        if (filter.view === "trash") return note.trashedAt !== null;
        return note.trashedAt === null && note.archived === (filter.view === "archived")
            && (filter.folder === "" || note.folder === filter.folder)
            && (filter.tag === "" || (note.tags ?? []).includes(filter.tag))
            && (filter.sync === "" || [filter.sync, null].includes(syncOf(note.recording)));
    }

    // Ids are UUIDv7: their order is the order of creation.
    function ordered() {
        return [...notes.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
    }

    function keepNewer(note) {
        const known = notes.get(note.id);
        return known && known.version > note.version ? known : note;
    }

    /** News that does not tell how the copies are leaves what was known about them. */
    function withSync(note, known) {
        if (!known || syncOf(note.recording) !== null) return note;
        return { ...note, recording: { ...note.recording, sync: syncOf(known.recording) ?? undefined } };
    }

    async function fetchPage(limit, from) {
        const mine = generation;
        news = [];
        loading = true;
        onChange();
        try {
            const page = await client.get("/notes", { query: query(limit, from) });
            return mine === generation ? page : null;
        } catch (problem) {
            if (mine === generation) onProblem(problem);
            return null;
        } finally {
            if (mine === generation) {
                loading = false;
                onChange();
            }
        }
    }

    /** From the first page, for a new filter. */
    async function load() {
        generation += 1;
        notes = new Map();
        cursor = null;
        complete = false;
        listed = false;
        const page = await fetchPage(pageSize, null);
        if (page) take(page);
    }

    async function loadMore() {
        if (loading || complete || cursor === null) return;
        const page = await fetchPage(pageSize, cursor);
        if (page) take(page);
    }

    /** Everything that is on the page once more, as one page; what is gone on the server goes here. */
    async function reload() {
        generation += 1;
        const limit = Math.min(largestPage, Math.max(pageSize, notes.size));
        const page = await fetchPage(limit, null);
        if (!page) return;
        const before = notes;
        notes = new Map();
        for (const note of page.items) {
            const known = before.get(note.id);
            notes.set(note.id, known && known.version > note.version ? known : note);
        }
        cursor = page.nextCursor;
        settle(page);
    }

    function take(page) {
        for (const note of page.items) notes.set(note.id, keepNewer(note));
        settle(page);
    }

    function settle(page) {
        listed = true;
        cursor = page.nextCursor;
        complete = cursor === null;
        const missed = news;
        news = [];
        for (const apply of missed) apply();
        onChange();
    }

    /** A note that was created or changed. Answers false where only the server can say whether it belongs here. */
    function put(note) {
        if (loading) news.push(() => put(note));
        // Before the first page it cannot be known whether an old note belongs there; without one, it is asked for.
        if (!listed) return loading;
        if (note.state !== "processing") progress.delete(note.id);
        const known = notes.get(note.id);
        if (known && known.version > note.version) return true;
        note = withSync(note, known);
        if (!belongs(note)) {
            if (notes.delete(note.id)) onChange();
            return true;
        }
        if (!known && (filter.q.trim() !== "" || (filter.sync !== "" && syncOf(note.recording) === null))) return false;
        // Older than what is loaded so far: it comes with its page.
        const oldest = complete || known ? null : ordered().at(-1);
        if (oldest && note.id < oldest.id) return true;
        notes.set(note.id, note);
        onChange();
        return true;
    }

    function remove(id) {
        if (loading) news.push(() => remove(id));
        progress.delete(id);
        if (notes.delete(id)) onChange();
    }

    return {
        load, loadMore, reload, put, remove, ordered,
        filter: () => ({ ...filter }),
        setFilter(changes) {
            filter = { ...filter, ...changes };
            return load();
        },
        get: (id) => notes.get(id) ?? null,
        progressOf: (id) => progress.get(id) ?? null,
        setProgress(id, fraction) {
            if (!Number.isFinite(fraction)) return;
            progress.set(id, fraction);
            onChange();
        },
        state: () => ({ loading, complete, size: notes.size }),
    };
}
