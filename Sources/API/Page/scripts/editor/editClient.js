// The requests of the editor. What the server calls things stands here and nowhere else in the page.

import { apiURL } from "../client.js";

/** What is heard of a note that was never edited has no version: `head` stands in its place in an address. */
const heardNow = "head";

export const exportFormats = [
    { value: "wav", words: "WAV (exact)" }, { value: "flac", words: "FLAC (exact, smaller)" },
    { value: "mp3", words: "MP3" }, { value: "m4a", words: "M4A (AAC)" }, { value: "opus", words: "Opus" },
];

export function createEditClient(client, noteID) {
    const base = `/notes/${noteID}/edits`;
    const at = (version) => `${base}/${version ?? heardNow}`;

    return {
        /** `{edit, versions, next}`. */
        state: (before = null) => client.get(base, { query: { before } }),
        version: (id) => client.get(at(id)),
        /** `change` is one of `{operations}`, `{list}` and `{action}`; answers the edit as it is then. */
        change: (from, change) => client.send("POST", base, { json: { base: from, ...change } }),
        restore: (from, id) => client.send("POST", `${at(id)}/restore`, { json: { base: from } }),
        rename: (id, name) => client.send("PATCH", at(id), { json: { name } }),
        audioURL: (version) => apiURL(`${at(version)}/audio`),
        labelsURL: (version, format) => apiURL(at(version), { format }),
        /** Peaks of a window: `{perPixel, low, high}`, as fractions of full scale. */
        async peaks(version, { start, end, pixels }, signal) {
            const query = { start: String(start), end: String(end), pixels: String(pixels) };
            return readPeaks(await client.get(`${at(version)}/waveform`, { query, signal }), end - start);
        },
        startExport: (version, format) => client.send("POST", `${at(version)}/exports`, { json: { format } }),
        findExport: (id, signal) => client.get(`/notes/${noteID}/exports/${id}`, { signal }),
        /** Where the recording of a note is silent. */
        silence: (id, signal) => client.get(`/notes/${id}/silence`, { signal }),
        findNotes: async (words, signal) => {
            const { items } = await client.get("/notes", { query: { q: words, limit: 20 }, signal });
            return items.filter((note) => note.state === "ready");
        },
    };
}

/** Reads the JSON of audiowaveform; the extremes of all channels are taken together. */
export function readPeaks(document, samples) {
    const { channels = 1, bits = 8, data } = document;
    const fullScale = 2 ** (bits - 1);
    const length = Math.floor(data.length / 2 / channels);
    const low = new Float32Array(length);
    const high = new Float32Array(length);
    for (let pixel = 0, index = 0; pixel < length; pixel += 1) {
        let lowest = fullScale;
        let highest = -fullScale;
        for (let channel = 0; channel < channels; channel += 1, index += 2) {
            lowest = Math.min(lowest, data[index]);
            highest = Math.max(highest, data[index + 1]);
        }
        low[pixel] = lowest / fullScale;
        high[pixel] = highest / fullScale;
    }
    return { perPixel: document.samples_per_pixel ?? samples / Math.max(1, length), low, high };
}
