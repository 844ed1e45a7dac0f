// Recordings that run elsewhere at this moment, on another device or in another tab: each with its time, and what is
// on the server so far to listen to.

import { apiURL } from "./client.js";
import { arrange, debounced, element, oncePerFrame, setText } from "./dom.js";
import { clock, timeOfDay } from "./format.js";
import { dressButton, iconButton } from "./icons.js";

const pollEveryMs = 10_000;
// A paused recording still says every minute that it goes on.
const quietAfterMs = 150_000;

function createRow(client, upload) {
    const title = element("span", { class: "elsewhere-title" });
    const facts = element("span", { class: "elsewhere-facts", testid: "elsewhere-facts" });
    const audio = element("audio", { preload: "none", testid: "elsewhere-audio" });
    const play = iconButton("play", "Listen", { class: "small", testid: "elsewhere-play", on: { click: toggle } });
    const node = element("li", { class: "elsewhere-row", testid: "recording-now" },
        element("span", { class: "tally", aria: { hidden: true } }),
        element("p", { class: "elsewhere-text" }, title, facts), play, audio);
    let current = upload;
    let loads = 0;

    function words() {
        if (!audio.paused) return `Recording now, playing ${clock(audio.currentTime)}`;
        const isQuiet = Date.now() - Date.parse(current.updatedAt) > quietAfterMs;
        return isQuiet ? `Recording now, nothing new since ${timeOfDay(current.updatedAt)}`
            : `Recording now, since ${timeOfDay(current.createdAt)}`;
    }

    function update(next = current) {
        current = next;
        setText(title, current.title || current.fileName || "Recording");
        setText(facts, words());
        node.dataset.offset = String(current.offset);
        play.disabled = current.offset === 0;
        dressButton(play, audio.paused ? "play" : "stop", audio.paused ? "Listen" : "Stop");
    }

    async function toggle() {
        if (!audio.paused) {
            audio.pause();
            return;
        }
        await client.ensureFresh();
        // The fragment makes the browser ask again, so that what has been said since is there too.
        loads += 1;
        audio.src = `${apiURL(`/uploads/${current.id}/audio`)}#${loads}`;
        audio.play().catch(() => {});
    }

    for (const name of ["play", "pause", "ended", "timeupdate", "error"]) {
        audio.addEventListener(name, () => update());
    }
    return {
        node,
        update,
        release() {
            audio.pause();
            audio.removeAttribute("src");
            audio.load();
        },
    };
}

/** `ownIDs()` answers the uploads of this tab, which are shown where they are recorded. */
export function createElsewhere({ client, ownIDs }) {
    const area = document.getElementById("elsewhere");
    const list = element("ul", { class: "elsewhere-list" });
    const rows = new Map();
    let running = false;
    let items = [];
    area.replaceChildren(list);

    const render = oncePerFrame(() => {
        const own = ownIDs();
        const shown = items.filter(({ id }) => !own.has(id));
        for (const [id, row] of rows) {
            if (shown.some((upload) => upload.id === id)) continue;
            row.release();
            rows.delete(id);
        }
        arrange(list, shown.map((upload) => {
            if (!rows.has(upload.id)) rows.set(upload.id, createRow(client, upload));
            rows.get(upload.id).update(upload);
            return rows.get(upload.id).node;
        }));
        area.hidden = shown.length === 0;
    });

    async function refresh() {
        if (!running || document.hidden) return;
        try {
            const answer = await client.get("/uploads");
            items = answer.items.filter(({ live, state }) => live && state === "open");
            render();
        } catch {
            // The list of notes says when the server is away; what was seen last stays.
        }
    }

    document.addEventListener("visibilitychange", refresh);
    setInterval(refresh, pollEveryMs);

    return {
        start() {
            running = true;
            refresh();
        },
        stop() {
            running = false;
        },
        /** Something happened on the server that may have begun or ended a recording. */
        refreshSoon: debounced(500, refresh),
        render,
    };
}
