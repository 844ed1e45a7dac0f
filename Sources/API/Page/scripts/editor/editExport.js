// Exporting: a format, the progress of the job, then a link to the file.

import { element, setText } from "../dom.js";
import { percent } from "../format.js";
import { icon } from "../icons.js";
import { exportFormats } from "./editClient.js";

const askAgainMs = 700;

/** Opens the dialog for the version that is heard. `onProgress` takes the listener for news of the server. */
export function offerExport({ requests, model, toasts, onNews }) {
    const version = model.head();
    const before = document.activeElement;
    const stop = new AbortController();
    let running = null;

    const formats = exportFormats.map(({ value, words }, index) => {
        const input = element("input", { type: "radio", name: "export-format", value, checked: index === 0,
            testid: `export-${value}` });
        return { input, node: element("label", { class: "dialog-choice" }, input, words) };
    });
    const bar = element("progress", { class: "replica-bar", max: 1, value: 0, testid: "export-progress",
        aria: { label: "Progress of the export" } });
    const status = element("p", { class: "dialog-hint", role: "status", testid: "export-status" });
    const link = element("a", { class: "button primary", download: "", testid: "export-link", hidden: true },
        icon("download"), element("span", { textContent: "Download" }));
    const start = element("button", { type: "submit", class: "button primary", textContent: "Export",
        testid: "export-start" });
    const choices = element("fieldset", { class: "dialog-choices", on: { change: reset } },
        element("legend", { class: "visually-hidden", textContent: "Format" }), ...formats.map(({ node }) => node));
    const others = element("p", { class: "dialog-hint" }, "The list of cuts for other programs: ",
        element("a", { href: requests.labelsURL(version, "otio"), download: "", textContent: "OpenTimelineIO" }), ", ",
        element("a", { href: requests.labelsURL(version, "labels"), download: "",
            textContent: "labels for Audacity" }), ".");
    const form = element("form", { class: "dialog-form", noValidate: true,
        on: { submit: (event) => { event.preventDefault(); run(); } } },
    choices, bar, status, version === null ? null : others,
    element("div", { class: "confirm-buttons" },
        element("button", { type: "button", class: "button", textContent: "Close", testid: "export-close",
            on: { click: () => dialog.close() } }), start, link));
    const dialog = element("dialog", { class: "confirm", testid: "export-dialog",
        aria: { labelledby: "export-title" } },
    element("h2", { id: "export-title", textContent: "Export what is heard" }), form);
    bar.hidden = true;

    function reset() {
        running = null;
        link.hidden = true;
        start.hidden = false;
        bar.hidden = true;
        setText(status, "");
    }

    async function run() {
        const format = formats.find(({ input }) => input.checked).input.value;
        const mine = { id: null };
        running = mine;
        start.disabled = true;
        choices.disabled = true;
        show({ state: "waiting", progress: 0 });
        try {
            let job = await requests.startExport(version, format);
            mine.id = job.id;
            while (running === mine && (job.state === "waiting" || job.state === "running")) {
                show(job);
                await pause(askAgainMs, stop.signal);
                if (stop.signal.aborted) return;
                job = await requests.findExport(job.id, stop.signal);
            }
            if (running === mine) show(job);
        } catch (problem) {
            if (problem.name !== "Problem") throw problem;
            reset();
            toasts.problem(problem, "The export did not work.");
        } finally {
            start.disabled = false;
            choices.disabled = false;
        }
    }

    function show({ state, progress = 0, reason = null, url = null }) {
        bar.hidden = state === "failed";
        bar.value = state === "done" ? 1 : progress ?? 0;
        const words = { waiting: "Waiting for its turn", running: `Rendering, ${percent(progress ?? 0)}`,
            done: "It is ready.", failed: reason ? `It failed: ${reason}` : "It failed." };
        setText(status, words[state] ?? state);
        if (state !== "done" || !url) return;
        link.href = url;
        link.hidden = false;
        start.hidden = true;
        link.focus();
    }

    // News between the questions makes the bar move; the questions decide.
    const forget = onNews((fraction) => {
        if (running?.id && !bar.hidden && link.hidden) show({ state: "running", progress: fraction });
    });
    dialog.addEventListener("close", () => {
        running = null;
        stop.abort();
        forget();
        dialog.remove();
        if (before?.isConnected) before.focus({ preventScroll: true });
    });
    document.body.append(dialog);
    dialog.showModal();
    formats[0].input.focus();
}

function pause(milliseconds, signal) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            resolve();
        }, { once: true });
    });
}
