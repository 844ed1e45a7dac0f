// Playing what is heard now: the server renders it as it plays. From the cursor to the end, or the selection only,
// once or again and again.

import { element } from "../dom.js";

/** `onChange()` when it starts or stops, `onPlace(sample or null)` while it plays. */
export function createEditPlayback({ client, requests, model, toasts, onChange, onPlace }) {
    const audio = element("audio", { preload: "none", testid: "editor-audio" });
    let loaded = "";
    let range = null;
    let loops = false;
    let wanted = false;
    let frame = 0;

    const seconds = (sample) => sample / model.rate();

    function follow() {
        cancelAnimationFrame(frame);
        if (!wanted) return;
        const sample = Math.round(audio.currentTime * model.rate());
        if (range && sample >= range.end) {
            if (!loops) {
                stop();
                return;
            }
            audio.currentTime = seconds(range.start);
        }
        onPlace(Math.min(sample, model.length()));
        frame = requestAnimationFrame(follow);
    }

    function load() {
        const url = requests.audioURL(model.head());
        if (url === loaded) return;
        loaded = url;
        audio.src = url;
    }

    async function start() {
        const selection = model.selection();
        const cursor = model.cursor() >= model.length() ? 0 : model.cursor();
        range = selection ?? (loops ? { start: 0, end: model.length() } : null);
        wanted = true;
        onChange();
        await client.ensureFresh();
        if (!wanted) return;
        load();
        try {
            await seek(seconds(selection ? selection.start : cursor));
            if (!wanted) return;
            await audio.play();
            follow();
        } catch (error) {
            if (!wanted || error.name === "AbortError") return;
            stop();
            toasts.warn(error.name === "NotAllowedError"
                ? "The browser did not allow playing. Press play again." : "The edit could not be played. Try again.");
        }
    }

    function seek(to) {
        if (audio.readyState > 0) {
            audio.currentTime = to;
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => {
            const known = () => {
                audio.removeEventListener("error", failed);
                audio.currentTime = to;
                resolve();
            };
            const failed = () => {
                audio.removeEventListener("loadedmetadata", known);
                loaded = "";
                reject(new Error("not played"));
            };
            audio.addEventListener("loadedmetadata", known, { once: true });
            audio.addEventListener("error", failed, { once: true });
            audio.preload = "auto";
            audio.load();
        });
    }

    function stop() {
        wanted = false;
        cancelAnimationFrame(frame);
        audio.pause();
        onPlace(null);
        onChange();
    }

    audio.addEventListener("ended", () => {
        if (wanted && loops && range) {
            audio.currentTime = seconds(range.start);
            audio.play().then(follow, stop);
        } else if (wanted) {
            stop();
        }
    });
    audio.addEventListener("error", () => {
        loaded = "";
        if (wanted && audio.readyState > 0) {
            stop();
            toasts.warn("Playing broke off. Press play to go on.");
        }
    });

    return {
        node: audio,
        toggle: () => (wanted ? stop() : start()),
        isPlaying: () => wanted,
        loops: () => loops,
        setLoops(on) {
            loops = on;
            if (wanted) range = model.selection() ?? (on ? { start: 0, end: model.length() } : null);
            onChange();
        },
        /** Something else is heard now: what plays is the old, so it stops. */
        changed() {
            if (wanted && requests.audioURL(model.head()) !== loaded) stop();
        },
        /** A selection made while it plays is what it plays from then on. */
        selected() {
            if (wanted && model.selection()) range = model.selection();
        },
        release() {
            wanted = false;
            cancelAnimationFrame(frame);
            audio.pause();
            audio.removeAttribute("src");
            audio.load();
        },
    };
}
