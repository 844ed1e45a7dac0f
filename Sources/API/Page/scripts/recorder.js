// Capturing from the microphone: idle → starting → recording ⇄ paused → stopping → idle. Chunks go to the take store
// each second and stay in memory as well, so that neither a dead tab nor a full disk alone loses the take.

import { fileStamp, shortTime } from "./format.js";

const mimeTypes = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4;codecs=opus",
    "audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/webm"];
const fileEndings = { "audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a" };
const chunkMs = 1_000;
const bitsPerSecond = 96_000;

export class CaptureError extends Error {}

function refusal(error) {
    const sentences = {
        NotAllowedError: "The microphone is not allowed. Allow it in the browser's site settings, then press record.",
        NotFoundError: "There is no microphone. Connect one, then press record.",
        NotReadableError: "The microphone is in use by another program. Close that, then press record.",
    };
    return new CaptureError(sentences[error.name] ?? `The microphone could not be opened: ${error.message}`);
}

export function recordingMimeType() {
    return mimeTypes.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
}

/**
 * `onState(state)`, `onTake(take, blob)` when a take is complete, `onTrouble(sentence)` for what the person should
 * know while the recording goes on.
 */
export function createRecorder({ takes, accountID, onState, onTake, onTrouble }) {
    let state = "idle";
    let capture = null;

    function become(next) {
        state = next;
        onState(next);
    }

    async function start({ voiceProcessing }) {
        if (state !== "idle") return;
        if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
            throw new CaptureError("Browsers record on secure pages only. Open VoiceNote with https://.");
        }
        become("starting");
        let stream;
        try {
            stream = await navigator.mediaDevices.getUserMedia({
                audio: {
                    echoCancellation: voiceProcessing, noiseSuppression: voiceProcessing,
                    autoGainControl: voiceProcessing, channelCount: { ideal: 1 },
                },
            });
        } catch (error) {
            become("idle");
            throw refusal(error);
        }
        try {
            await begin(stream);
        } catch (error) {
            stream.getTracks().forEach((track) => track.stop());
            capture = null;
            become("idle");
            throw new CaptureError(`The recording could not start: ${error.message}`);
        }
    }

    async function begin(stream) {
        const mimeType = recordingMimeType();
        const media = new MediaRecorder(stream, {
            audioBitsPerSecond: bitsPerSecond, ...(mimeType ? { mimeType } : {}),
        });
        const type = (media.mimeType || mimeType || "audio/webm").split(";")[0];
        const now = new Date();
        const audio = new AudioContext();
        const analyser = audio.createAnalyser();
        analyser.fftSize = 2048;
        audio.createMediaStreamSource(stream).connect(analyser);
        const mine = {
            stream, media, audio, analyser, chunks: [], writes: Promise.resolve(), stored: true, discarded: false,
            runningSince: performance.now(), pastMs: 0, lock: null,
            take: {
                id: crypto.randomUUID(), accountID, startedAt: now.getTime(), mimeType: type,
                title: `Recording ${shortTime(now)}`,
                fileName: `Recording ${fileStamp(now)}.${fileEndings[type] ?? "webm"}`,
                durationMs: 0, size: 0, attempted: false, sha256: null,
            },
        };
        capture = mine;
        media.addEventListener("dataavailable", (event) => keep(mine, event.data));
        media.addEventListener("stop", () => finish(mine));
        media.addEventListener("error", (event) => {
            const name = event.error?.name ?? "unknown";
            onTrouble(`The browser ended the recording (${name}). What was recorded is kept.`);
            stop();
        });
        stream.getAudioTracks()[0].addEventListener("ended", () => {
            if (state !== "recording" && state !== "paused") return;
            onTrouble("The microphone went away. What was recorded until now is kept.");
            stop();
        });
        navigator.storage?.persist?.().catch(() => {});
        guard(mine, () => takes.begin(mine.take));
        await audio.resume();
        media.start(chunkMs);
        mine.runningSince = performance.now();
        keepAwake(mine);
        become("recording");
    }

    // One write after the other, so that the take in the database is always a whole beginning of the recording.
    function guard(mine, write) {
        mine.writes = mine.writes.then(write).catch(() => {
            if (mine.stored) {
                onTrouble("The browser could not keep a copy on disk. Leave this page open until the take is sent.");
            }
            mine.stored = false;
        });
    }

    function keep(mine, data) {
        if (mine.discarded || data.size === 0) return;
        const index = mine.chunks.length;
        mine.chunks.push(data);
        mine.take.size += data.size;
        mine.take.durationMs = elapsedMs(mine);
        const take = { ...mine.take };
        guard(mine, async () => {
            if (mine.discarded) return;
            await takes.append(take.id, index, await data.arrayBuffer());
            await takes.update(take);
        });
    }

    function elapsedMs(mine = capture) {
        if (!mine) return 0;
        return mine.pastMs + (mine.runningSince === null ? 0 : performance.now() - mine.runningSince);
    }

    function hold(mine) {
        mine.pastMs = elapsedMs(mine);
        mine.runningSince = null;
    }

    async function keepAwake(mine) {
        try {
            mine.lock = await navigator.wakeLock?.request("screen");
        } catch {
            // A screen that turns itself off is a nuisance, not a failure.
        }
    }

    function pause() {
        if (state !== "recording") return;
        capture.media.pause();
        hold(capture);
        become("paused");
    }

    function resume() {
        if (state !== "paused") return;
        capture.media.resume();
        capture.runningSince = performance.now();
        become("recording");
    }

    function stop() {
        if (state !== "recording" && state !== "paused") return;
        hold(capture);
        become("stopping");
        if (capture.media.state === "inactive") finish(capture);
        else capture.media.stop();
    }

    function discard() {
        if (capture) capture.discarded = true;
        stop();
    }

    async function finish(mine) {
        if (capture !== mine) return;
        if (state !== "stopping") {
            hold(mine);
            become("stopping");
        }
        capture = null;
        mine.stream.getTracks().forEach((track) => track.stop());
        mine.audio.close().catch(() => {});
        mine.lock?.release().catch(() => {});
        await mine.writes;
        if (mine.discarded || mine.chunks.length === 0) {
            await takes.remove(mine.take.id).catch(() => {});
            if (!mine.discarded) onTrouble("Nothing was recorded.");
        } else {
            mine.take.durationMs = Math.round(mine.pastMs);
            await takes.update(mine.take).catch(() => {});
            onTake(mine.take, new Blob(mine.chunks, { type: mine.take.mimeType }));
        }
        become("idle");
    }

    return {
        start, pause, resume, stop, discard, elapsedMs: () => elapsedMs(),
        state: () => state,
        /** The analyser that hears what is recorded, or null. */
        analyser: () => capture?.analyser ?? null,
    };
}
