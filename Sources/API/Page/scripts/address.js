// What the address of the page names: an open note, the storage view, or only the list.

const note = /^#note=([0-9a-f-]{1,64})$/i;

export const storageHref = "#storage";

export function noteHref(id) {
    return `#note=${id}`;
}

/** `{pane, id}`, with a pane of "note", "storage" or null. */
export function readAddress(hash) {
    const id = note.exec(hash)?.[1];
    if (id) return { pane: "note", id };
    return { pane: hash === storageHref ? "storage" : null, id: null };
}
