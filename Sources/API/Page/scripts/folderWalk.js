// What a dropped folder holds, however deep: audio files by their type or ending; everything else is only counted.

const mostFiles = 5_000;
const audioEndings = [
    "wav", "mp3", "m4a", "aac", "ogg", "oga", "opus", "flac", "webm", "amr", "3gp", "aif", "aiff", "au",
];

/** For a file input's `accept`. */
export const accepted = ["audio/*", "video/webm", ...audioEndings.map((ending) => `.${ending}`)].join(",");

export function isAudio(file) {
    // Names with a dot before them are a system's own, also where they end in ".mp3".
    if (file.name.startsWith(".")) return false;
    const ending = file.name.includes(".") ? file.name.split(".").at(-1).toLowerCase() : "";
    return file.type.startsWith("audio/") || file.type === "video/webm" || audioEndings.includes(ending);
}

function fileOf(entry) {
    return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/** A reader answers a folder in parts (Chromium: a hundred at a time), and an empty part is the end. */
async function entriesOf(folder, found) {
    const reader = folder.createReader();
    const all = [];
    for (;;) {
        const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
        if (part === null) found.unreadable.push(folder.name);
        if (part === null || part.length === 0) return all;
        all.push(...part);
    }
}

async function walk(entry, found, isChosen) {
    if (found.files.length >= mostFiles) {
        found.isCut = true;
    } else if (entry.isDirectory) {
        for (const child of await entriesOf(entry, found)) await walk(child, found, false);
    } else {
        const file = await fileOf(entry);
        if (file === null) found.unreadable.push(entry.name);
        else if (isChosen || isAudio(file)) found.files.push(file);
        else found.leftOut += 1;
    }
}

/**
 * `{files, leftOut, unreadable, isCut}` for what was dropped: files and entries of a file system. A file that was
 * dropped itself is taken whatever it is; the server says what it thinks of it.
 */
export async function filesIn(sources) {
    const found = { files: [], leftOut: 0, unreadable: [], isCut: false, most: mostFiles };
    for (const source of sources) {
        if (source instanceof File) found.files.push(source);
        else if (source) await walk(source, found, true);
    }
    return found;
}
