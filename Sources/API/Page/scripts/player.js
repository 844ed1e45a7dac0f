// Playing the open note: an audio element behind play, seek, speed and volume, and the waveform as its slider. When
// the session ended while it was paused, it renews the session and goes on from the same place.

import { apiURL } from "./client.js";
import { element, setText } from "./dom.js";
import { clock } from "./format.js";
import { dressButton, icon, iconButton } from "./icons.js";
import { fetchWaveform } from "./waveformData.js";
import { createWaveformView } from "./waveformView.js";

const speeds = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];
const speedKey = "voicenote.speed";
const volumeKey = "voicenote.volume";

function remembered(key, fallback, lowest, highest) {
    const value = Number.parseFloat(localStorage.getItem(key) ?? "");
    return value >= lowest && value <= highest ? value : fallback;
}

export function createPlayer({ client, toasts }) {
    const audio = element("audio", { preload: "metadata" });
    let note = null;
    let loadedFrom = "";
    let wantedPosition = null;
    let mayRecover = true;
    let frame = 0;
    let waveformOf = null;
    const fetching = new AbortController();

    const position = element("span", { class: "player-position", testid: "position", textContent: "0:00" });
    const total = element("span", { class: "player-total", testid: "duration", textContent: "0:00" });
    const play = iconButton("play", "Play", { iconOnly: true, class: "play", testid: "play", on: { click: toggle } });
    const back = iconButton("rewind", "Back 5 seconds", {
        iconOnly: true, class: "quiet", on: { click: () => seek(now() - 5) },
    });
    const ahead = iconButton("forward", "Forward 5 seconds", {
        iconOnly: true, class: "quiet", on: { click: () => seek(now() + 5) },
    });
    const speed = element("select", { class: "picker", testid: "speed", aria: { label: "Speed" } },
        ...speeds.map((value) => element("option", { value: String(value), textContent: `${value}×` })));
    const volume = element("input", { type: "range", min: "0", max: "1", step: "0.05", aria: { label: "Volume" } });
    const wave = createWaveformView({ onSeek: seek, onToggle: toggle });
    const node = element("section", { class: "player", aria: { label: "Player" } }, audio, wave.node,
        element("div", { class: "player-controls" }, back, play, ahead,
            element("p", { class: "player-times" }, position, element("span", { textContent: " / " }), total),
            element("label", { class: "player-volume" }, icon("volume"), volume), speed));

    speed.value = String(remembered(speedKey, 1, 0.5, 3));
    if (speed.selectedIndex < 0) speed.value = "1";
    volume.value = String(remembered(volumeKey, 1, 0, 1));
    audio.volume = Number(volume.value);
    speed.addEventListener("change", () => {
        audio.playbackRate = Number(speed.value);
        localStorage.setItem(speedKey, speed.value);
    });
    volume.addEventListener("input", () => {
        audio.volume = Number(volume.value);
        localStorage.setItem(volumeKey, volume.value);
    });

    // The server measured the length; a browser's own recording says "infinite" until it has been read to its end.
    function length() {
        const measured = note?.recording?.durationMs;
        if (Number.isFinite(measured) && measured > 0) return measured / 1000;
        return Number.isFinite(audio.duration) ? audio.duration : 0;
    }

    function now() {
        return wantedPosition ?? audio.currentTime;
    }

    function show() {
        const seconds = Math.min(now(), length() || Infinity);
        setText(position, clock(seconds));
        setText(total, clock(length()));
        wave.setTimes(seconds, length());
        dressButton(play, audio.paused ? "play" : "pause", audio.paused ? "Play" : "Pause");
    }

    function follow() {
        cancelAnimationFrame(frame);
        show();
        if (!audio.paused && !audio.ended) frame = requestAnimationFrame(follow);
    }

    function seek(seconds) {
        const target = Math.min(length() || Infinity, Math.max(0, seconds));
        // Not loaded yet: remembered, and done once the browser knows the file.
        if (audio.readyState === 0) wantedPosition = target;
        else audio.currentTime = target;
        show();
    }

    async function toggle() {
        if (!note) return;
        if (!audio.paused) {
            audio.pause();
            return;
        }
        await client.ensureFresh();
        if (length() > 0 && now() >= length() - 0.05) seek(0);
        try {
            await audio.play();
        } catch (error) {
            if (error.name === "NotAllowedError") toasts.warn("The browser did not allow playing. Press play again.");
        }
    }

    function source() {
        const listen = note.recording?.renditions?.some(({ kind }) => kind === "listen");
        return apiURL(`/notes/${note.id}/audio`, { rendition: listen ? "listen" : "source" });
    }

    function load(url, from = 0) {
        loadedFrom = url;
        wantedPosition = from > 0 ? from : null;
        audio.src = url;
        audio.defaultPlaybackRate = Number(speed.value);
        audio.playbackRate = Number(speed.value);
    }

    audio.addEventListener("loadedmetadata", () => {
        if (wantedPosition !== null) audio.currentTime = wantedPosition;
        wantedPosition = null;
        show();
    });
    for (const name of ["play", "playing", "pause", "ended", "seeked", "timeupdate", "durationchange"]) {
        audio.addEventListener(name, follow);
    }
    audio.addEventListener("playing", () => { mayRecover = true; });
    audio.addEventListener("error", async () => {
        if (!audio.getAttribute("src")) return;
        const place = now();
        const wasPlaying = !audio.paused;
        if (mayRecover) {
            mayRecover = false;
            try {
                const fresh = await client.get(`/notes/${note.id}`);
                note = fresh;
                load(source(), place);
                if (wasPlaying) await audio.play();
                return;
            } catch {
                // Told below.
            }
        }
        if (wasPlaying) toasts.warn("This recording could not be played. Download it, or try again in a moment.");
        show();
    });

    async function loadWaveform() {
        const recording = note.recording?.id;
        if (!recording || waveformOf === recording) return;
        if (note.state === "failed") return wave.setMessage("There is no waveform: processing failed.");
        if (note.state !== "ready") return wave.setMessage("The waveform appears when processing is done.");
        waveformOf = recording;
        try {
            const data = await fetchWaveform(client, note, wave.barCount(), fetching.signal);
            if (data) wave.setWaveform(data);
            else waveformOf = null;
        } catch (problem) {
            waveformOf = null;
            if (problem.code === "cancelled") return;
            wave.setMessage("The waveform could not be loaded.");
            if (problem.name === "Problem") toasts.problem(problem, "The waveform could not be loaded.");
        }
    }

    return {
        node,
        toggle,
        pause: () => audio.pause(),
        skip: (seconds) => seek(now() + seconds),
        /** Shows a note or news of the one that is shown; what plays is never interrupted by news. */
        setNote(next) {
            note = next;
            const url = source();
            if (url !== loadedFrom && audio.paused) load(url, now());
            loadWaveform();
            show();
        },
        release() {
            fetching.abort();
            cancelAnimationFrame(frame);
            audio.pause();
            audio.removeAttribute("src");
            audio.load();
            wave.release();
        },
    };
}
