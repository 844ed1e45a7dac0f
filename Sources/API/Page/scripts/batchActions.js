// What can be done with several notes at once, in each view of the list, and how it is said.

const archive = {
    action: "archive", sign: "archive", words: "Archive", doing: "Archiving", done: "archived", undo: "unarchive",
};
const unarchive = {
    action: "unarchive", sign: "archive", words: "Unarchive", doing: "Taking out of the archive",
    done: "taken out of the archive", undo: "archive",
};
const move = { action: "move", sign: "folder", words: "Move", doing: "Moving", done: "moved" };
const replicate = {
    action: "replicate", sign: "cloud", words: "Copy out", title: "Copy to the stores", doing: "Asking for copies of",
    done: "queued for copying",
};
const trash = {
    action: "delete", sign: "trash", words: "Trash", doing: "Moving to the trash", done: "moved to the trash",
    undo: "restore",
};
const restore = { action: "restore", sign: "restore", words: "Restore", doing: "Restoring", done: "restored" };

const views = {
    all: [archive, move, replicate, trash],
    archived: [unarchive, move, replicate, trash],
    trash: [restore],
};

/** The actions of a view; copying only where there are stores to copy to. */
export function actionsOf(view, { hasStores }) {
    return views[view].filter((one) => one !== replicate || hasStores);
}

/** The action that takes `one` back, or null. */
export function undoOf(one) {
    return [archive, unarchive, restore].find(({ action }) => action === one.undo) ?? null;
}
