// The notes that were chosen to do something with all of them. They stay chosen while the list is searched or
// filtered; what leaves the selection is what was done, and what is gone.

/** `onChange()` is called after every change. */
export function createSelection({ onChange }) {
    let on = false;
    let chosen = new Map();
    let anchor = null;

    function set(note, wanted) {
        if (wanted) chosen.set(note.id, note);
        else chosen.delete(note.id);
    }

    /** From the note that was touched last to this one, both included; only this one where that is out of sight. */
    function range(note, order) {
        const from = order.findIndex(({ id }) => id === anchor);
        const to = order.findIndex(({ id }) => id === note.id);
        if (from < 0 || to < 0) return [note];
        return order.slice(Math.min(from, to), Math.max(from, to) + 1);
    }

    return {
        isOn: () => on,
        has: (id) => chosen.has(id),
        notes: () => [...chosen.values()],
        size: () => chosen.size,
        start() {
            on = true;
            onChange();
        },
        stop() {
            on = false;
            chosen = new Map();
            anchor = null;
            onChange();
        },
        /** Turns one note over; with `order` (the notes as they are listed) all since the last one follow it. */
        toggle(note, order = null) {
            const wanted = !chosen.has(note.id);
            for (const one of order ? range(note, order) : [note]) set(one, wanted);
            anchor = note.id;
            onChange();
        },
        add(notes) {
            for (const note of notes) set(note, true);
            onChange();
        },
        clear() {
            chosen = new Map();
            anchor = null;
            onChange();
        },
        drop(ids) {
            for (const id of ids) chosen.delete(id);
            onChange();
        },
        /** Newer words about a note that is chosen. */
        refresh(note) {
            if (chosen.has(note.id)) chosen.set(note.id, note);
        },
    };
}
