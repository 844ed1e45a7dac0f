// The recorder in the dock: the record button with its choices while idle; meter, clock and controls while recording.

import { confirmation } from "./confirmation.js";
import { element, setText } from "./dom.js";
import { clock } from "./format.js";
import { dressButton, icon, iconButton } from "./icons.js";
import { createLevelMeter } from "./levelMeter.js";
import { CaptureError, createRecorder } from "./recorder.js";
import { createSavedLine } from "./savedLine.js";

const processingKey = "voicenote.voiceProcessing";

/** `record(take)` answers the upload of a new take; `dropZone` is placed beside the record button. */
export function createRecorderView({ record: recordTake, toasts, accountID, dropZone }) {
    const area = document.getElementById("recorder");
    let ticking = 0;

    const recorder = createRecorder({
        record: recordTake, accountID, onState: show, onTrouble: (text) => toasts.warn(text),
    });
    const saved = createSavedLine();
    const meter = createLevelMeter({
        analyser: recorder.analyser, isRecording: () => recorder.state() === "recording",
    });

    const record = element("button", { type: "button", class: "record", testid: "record", on: { click: start } },
        element("span", { class: "record-light", aria: { hidden: true } }), element("span", { textContent: "Record" }));
    const processing = element("input", { type: "checkbox", id: "voice-processing", testid: "voice-processing" });
    processing.checked = localStorage.getItem(processingKey) !== "off";
    processing.addEventListener("change", () => {
        localStorage.setItem(processingKey, processing.checked ? "on" : "off");
    });
    const idle = element("div", { class: "recorder-idle" }, record, dropZone,
        element("label", { class: "toggle", htmlFor: processing.id }, processing,
            element("span", { textContent: "Clean up the voice (echo, noise, level)" })));

    const light = element("span", { class: "tally", aria: { hidden: true } });
    const words = element("span", { class: "recorder-words", role: "status" });
    const elapsed = element("span", { class: "elapsed", role: "timer", testid: "elapsed", textContent: "0:00" });
    const pause = iconButton("pause", "Pause", {
        testid: "pause",
        on: { click: () => (recorder.state() === "paused" ? recorder.resume() : recorder.pause()) },
    });
    const stop = element("button", {
        type: "button", class: "button record-stop", testid: "stop", on: { click: () => recorder.stop() },
    }, icon("stop"), element("span", { textContent: "Stop" }));
    const discard = iconButton("trash", "Discard", { class: "quiet", testid: "discard", on: { click: askDiscard } });
    const live = element("div", { class: "recorder-live", hidden: true },
        element("div", { class: "recorder-head" }, light, words, elapsed),
        meter.trail,
        element("div", { class: "level-line" }, meter.bar, meter.clip),
        meter.warning,
        saved.node,
        saved.announcement,
        element("div", { class: "recorder-buttons" }, discard, pause, stop));
    area.replaceChildren(idle, live);

    async function start() {
        try {
            await recorder.start({ voiceProcessing: processing.checked });
            stop.focus();
        } catch (error) {
            if (!(error instanceof CaptureError)) throw error;
            toasts.warn(error.message);
        }
    }

    async function askDiscard() {
        const wasRecording = recorder.state() === "recording";
        recorder.pause();
        const sure = await confirmation({
            title: "Discard this recording?", text: "It will be gone, here and on the server.", confirm: "Discard",
        });
        if (sure) recorder.discard();
        else if (wasRecording) recorder.resume();
    }

    function show(state) {
        const busy = state === "recording" || state === "paused" || state === "stopping";
        const hadFocus = live.contains(document.activeElement);
        idle.hidden = busy;
        live.hidden = !busy;
        record.disabled = state === "starting";
        for (const button of [pause, stop, discard]) button.disabled = state === "stopping";
        dressButton(pause, state === "paused" ? "microphone" : "pause", state === "paused" ? "Resume" : "Pause");
        setText(words, { recording: "Recording", paused: "Paused", stopping: "Keeping the recording" }[state] ?? "");
        area.dataset.state = state;
        document.body.dataset.recorder = state;
        clearInterval(ticking);
        if (state === "recording" || state === "paused") ticking = setInterval(tick, 200);
        if (busy) tick();
        if (state === "recording" && !meterRuns) {
            meterRuns = true;
            meter.start();
            saved.start();
        } else if (!busy && meterRuns) {
            meterRuns = false;
            meter.stop();
        }
        if (state === "idle" && hadFocus) record.focus();
    }
    let meterRuns = false;

    function tick() {
        const totalMs = recorder.elapsedMs();
        setText(elapsed, clock(totalMs / 1000));
        const upload = recorder.upload();
        if (upload) saved.update({ savedMs: upload.savedMs(), totalMs, problem: upload.problem() });
    }

    return {
        isBusy: () => recorder.state() !== "idle",
        stop: () => recorder.stop(),
    };
}
