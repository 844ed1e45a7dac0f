// Capturing from the microphone: idle → starting → recording ⇄ paused → stopping → idle. Each second a chunk goes to
// the take's upload, which keeps it in this browser and brings it to the server.

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
 * `onState(state)`, `onTrouble(sentence)` for what the person should know while the recording goes on. `record(take)`
 * answers the upload of a new take.
 */
export function createRecorder({ record, accountID, onState, onTrouble }) {
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
            stream, media, audio, analyser, discarded: false, runningSince: performance.now(), pastMs: 0, lock: null,
            upload: null, end: () => {},
        };
        mine.ended = new Promise((resolve) => { mine.end = resolve; });
        capture = mine;
        media.addEventListener("dataavailable", (event) => {
            if (!mine.discarded) mine.upload?.add(event.data, elapsedMs(mine));
        });
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
        await audio.resume();
        media.start(chunkMs);
        mine.upload = record({
            id: crypto.randomUUID(), accountID, startedAt: now.getTime(), mimeType: type,
            title: `Recording ${shortTime(now)}`,
            fileName: `Recording ${fileStamp(now)}.${fileEndings[type] ?? "webm"}`,
            durationMs: 0, size: 0, uploadID: null, discarded: false,
        });
        mine.runningSince = performance.now();
        keepAwake(mine);
        become("recording");
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
        // What was said until now is saved now, not after the pause.
        capture.media.requestData();
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

    /** Resolves when every chunk is stored. */
    function stop() {
        if (state !== "recording" && state !== "paused") return capture?.ended ?? Promise.resolve();
        const mine = capture;
        hold(mine);
        become("stopping");
        if (mine.media.state === "inactive") finish(mine);
        else mine.media.stop();
        return mine.ended;
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
        if (mine.discarded || mine.upload.isEmpty()) {
            mine.upload.discard();
            if (!mine.discarded) onTrouble("Nothing was recorded.");
        } else {
            await mine.upload.finish();
        }
        mine.end();
        become("idle");
    }

    return {
        start, pause, resume, stop, discard, elapsedMs: () => elapsedMs(),
        state: () => state,
        /** The upload of the take that is being recorded, or null. */
        upload: () => capture?.upload ?? null,
        /** The analyser that hears what is recorded, or null. */
        analyser: () => capture?.analyser ?? null,
    };
}
