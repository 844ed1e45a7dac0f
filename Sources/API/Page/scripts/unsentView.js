// Recordings that are not saved yet and are not being recorded: on their way, held up, refused, or left by an earlier
// visit. Each says how it stands; it can be sent again, saved to a file, or discarded.

import { confirmation } from "./confirmation.js";
import { arrange, element, oncePerFrame, setText } from "./dom.js";
import { byteCount, clock, countOf, fullTime } from "./format.js";
import { iconButton } from "./icons.js";
import { savedState } from "./savedLine.js";

// Mostly the last second of a recording is there before anybody could read that it is not.
const shownAfterMs = 1_500;

function saveToFile(upload) {
    const address = URL.createObjectURL(upload.blob());
    element("a", { href: address, download: upload.take.fileName }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function askDiscard(upload) {
    const sure = await confirmation({
        title: "Discard this recording?", text: "It is not a note yet. What was recorded will be gone.",
        confirm: "Discard",
    });
    if (sure) upload.discard();
}

function createRow(upload) {
    const { take } = upload;
    const facts = element("span");
    const words = element("p", { class: "unsent-state", testid: "take-state" });
    const send = iconButton("upload", "Send", {
        class: "small primary", testid: "take-send", on: { click: () => upload.send() },
    });
    const node = element("li", { class: "unsent-row", testid: "unsent-take" },
        element("p", { class: "unsent-what" }, element("strong", { textContent: fullTime(take.startedAt) }), facts),
        words,
        element("div", { class: "unsent-buttons" }, send,
            iconButton("download", "Save to a file", {
                class: "small", testid: "take-save", on: { click: () => saveToFile(upload) },
            }),
            iconButton("trash", "Discard", {
                class: "small quiet", testid: "take-discard", on: { click: () => askDiscard(upload) },
            })));

    function stateWords() {
        const problem = upload.problem();
        if (upload.state() === "kept") return "Not sent yet.";
        if (upload.state() === "failed") return `Not saved: ${problem?.message ?? "sending failed."}`;
        if (problem === null) return "Sending";
        const state = savedState({ savedMs: upload.savedMs(), totalMs: take.durationMs, problem });
        return `${state.words.replace(/^./, (first) => first.toUpperCase())}. It goes on by itself.`;
    }

    return {
        node,
        update() {
            node.dataset.state = upload.state();
            setText(facts, ` ${clock(take.durationMs / 1000)}, ${byteCount(take.size)}`);
            setText(words, stateWords());
            send.hidden = upload.state() === "sending";
        },
    };
}

/** `uploads()` answers all uploads of takes that this tab has to do with. */
export function createUnsentView({ uploads }) {
    const area = document.getElementById("unsent");
    const list = element("ul", { class: "unsent-list" });
    const heading = element("h2", { class: "unsent-title" });
    const announcement = element("p", { class: "visually-hidden", role: "status" });
    const rows = new Map();
    const since = new Map();
    let timer = 0;
    area.replaceChildren(heading, list);
    area.after(announcement);

    function isDue(upload, now) {
        if (!since.has(upload)) since.set(upload, now);
        return upload.state() !== "sending" || now - since.get(upload) >= shownAfterMs;
    }

    const render = oncePerFrame(() => {
        const now = performance.now();
        const waiting = uploads().filter((upload) => upload.state() !== "recording");
        const shown = waiting.filter((upload) => isDue(upload, now));
        for (const map of [rows, since]) {
            for (const upload of map.keys()) {
                if (!waiting.includes(upload)) map.delete(upload);
            }
        }
        arrange(list, shown.map((upload) => {
            if (!rows.has(upload)) rows.set(upload, createRow(upload));
            rows.get(upload).update();
            return rows.get(upload).node;
        }));
        setText(heading, `${countOf(shown.length, "recording")} not saved yet`);
        setText(announcement, shown.length > 0 ? heading.textContent : "");
        area.hidden = shown.length === 0;
        clearTimeout(timer);
        if (shown.length < waiting.length) timer = setTimeout(render, shownAfterMs);
    });

    return { render };
}
