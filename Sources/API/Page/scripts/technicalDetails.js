// What the server measured: format, length, loudness, sizes, the SHA-256, and what the listen copy saves.

import { element } from "./dom.js";
import { byteCount, clock, fullTime, percent } from "./format.js";

const qualityWords = { high_resolution: "High resolution", cd: "CD", low: "Below CD" };

function decimal(value, unit) {
    return Number.isFinite(value) ? `${value.toFixed(1).replace("-", "−")} ${unit}` : null;
}

function join(...parts) {
    return parts.filter(Boolean).join(", ") || null;
}

function loudnessWords(note) {
    const loudness = note.recording.loudness;
    if (!loudness) return null;
    if (note.state === "ready" && loudness.integratedLUFS === null) return "Silence";
    return join(decimal(loudness.integratedLUFS, "LUFS"),
        loudness.rangeLU === null ? null : `range ${decimal(loudness.rangeLU, "LU")}`,
        loudness.truePeakDBTP === null ? null : `true peak ${decimal(loudness.truePeakDBTP, "dBTP")}`);
}

function listenWords(recording) {
    const listen = recording.renditions?.find(({ kind }) => kind === "listen");
    if (!listen) return null;
    const saved = recording.size > 0 ? 1 - listen.size / recording.size : 0;
    return `${listen.codec ?? listen.mimeType}, ${byteCount(listen.size)}`
        + (saved > 0 ? `, ${percent(saved)} smaller than the original` : "");
}

/** `[name, value]` for everything that is known. */
export function technicalFacts(note) {
    const recording = note.recording;
    if (!recording) return [];
    const channels = { 1: "mono", 2: "stereo" }[recording.channels]
        ?? (recording.channels ? `${recording.channels} channels` : null);
    return [
        ["File", recording.fileName],
        ["Format", join(recording.container, recording.codec, channels,
            recording.sampleRate ? `${recording.sampleRate / 1000} kHz` : null,
            recording.bitDepth ? `${recording.bitDepth} bit` : null,
            recording.bitRate ? `${Math.round(recording.bitRate / 1000)} kbit/s` : null)],
        ["Quality", qualityWords[recording.quality] ?? null],
        ["Length", Number.isFinite(recording.durationMs) ? clock(recording.durationMs / 1000) : null],
        ["Loudness", loudnessWords(note)],
        ["Size", Number.isFinite(recording.size) ? byteCount(recording.size) : null],
        ["Listen copy", listenWords(recording)],
        ["SHA-256", recording.sha256],
        ["Verified", recording.verifiedAt ? fullTime(recording.verifiedAt) : null],
        ["Created", fullTime(note.createdAt)],
        ["Changed", fullTime(note.updatedAt)],
        ["Version", String(note.version)],
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
}

export function createTechnicalDetails() {
    const list = element("dl", { class: "facts" });
    const node = element("details", { class: "fold", testid: "technical", open: true },
        element("summary", { textContent: "Technical details" }), list);
    let shown = "";
    return {
        node,
        setNote(note) {
            const facts = technicalFacts(note);
            if (JSON.stringify(facts) === shown) return;
            shown = JSON.stringify(facts);
            list.replaceChildren(...facts.flatMap(([name, value]) => [
                element("dt", { textContent: name }),
                element("dd", { textContent: value, class: name === "SHA-256" ? "digest" : "" }),
            ]));
        },
    };
}
