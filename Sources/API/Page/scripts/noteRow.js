// One note in the list: its title, when and how long, its state while that is not simply "ready", and a small waveform.

import { element, setAttribute, setText } from "./dom.js";
import { clock, dayName, fullTime, percent, timeOfDay } from "./format.js";
import { icon } from "./icons.js";
import { createRecoveredBadge } from "./recoveredBadge.js";
import { createSyncMark } from "./syncMark.js";

export function createNoteRow(note, { thumbnails, href }) {
    const picture = thumbnails.thumbnail();
    const day = element("h2", { class: "row-day", hidden: true });
    const title = element("span", { class: "row-title" });
    const time = element("time", { class: "row-time" });
    const length = element("span", { class: "row-length" });
    const marks = element("span", { class: "row-marks" });
    const recovered = createRecoveredBadge();
    const sync = createSyncMark();
    const check = element("input", { type: "checkbox", class: "row-check", testid: "row-check", hidden: true });
    const tags = element("span", { class: "row-tags" });
    const state = element("span", { class: "row-state", hidden: true });
    const bar = element("progress", { class: "row-progress", max: 1, hidden: true, aria: { label: "Processing" } });
    const link = element("a", { class: "row-link", href: href(note.id) },
        element("span", { class: "row-text" },
            element("span", { class: "row-head" }, marks, title),
            element("span", { class: "row-facts" }, time, length, sync.node, recovered.node, tags),
            state, bar),
        picture.node);
    const node = element("li", {
        class: "note-row", testid: "note-row", dataset: { noteId: note.id, state: note.state },
    }, day, element("div", { class: "row-line" }, check, link));

    function showState(current, progress) {
        const fraction = progress ?? current.recording?.progress ?? null;
        const processing = current.state === "processing";
        const failed = current.state === "failed";
        state.hidden = !processing && !failed;
        bar.hidden = !processing;
        if (processing) {
            setText(state, fraction === null ? "Processing" : `Processing, ${percent(fraction)}`);
            if (fraction === null) bar.removeAttribute("value");
            else bar.value = fraction;
        } else if (failed) {
            setText(state, current.reason ? `Failed: ${current.reason}` : "Failed");
        } else {
            setText(state, "");
        }
    }

    function update(current, progress = null) {
        node.dataset.state = current.state;
        setText(title, current.title || "Untitled");
        setText(time, timeOfDay(current.createdAt));
        setAttribute(time, "datetime", current.createdAt);
        time.title = fullTime(current.createdAt);
        const duration = current.recording?.durationMs;
        setText(length, Number.isFinite(duration) ? clock(duration / 1000) : "");
        recovered.show(current);
        sync.show(current);
        setAttribute(check, "aria-label", `Select ${current.title || "Untitled"}, ${fullTime(current.createdAt)}`);
        const wanted = [current.pinned ? ["pin", "Pinned"] : null, current.archived ? ["archive", "Archived"] : null]
            .filter(Boolean);
        if (marks.dataset.shown !== wanted.join(" ")) {
            marks.dataset.shown = wanted.join(" ");
            marks.replaceChildren(...wanted.map(([name, words]) => element("span", { class: "mark" }, icon(name),
                element("span", { class: "visually-hidden", textContent: words }))));
        }
        const labels = [...(current.folder ? [current.folder] : []), ...(current.tags ?? []).map((tag) => `#${tag}`)];
        setText(tags, labels.slice(0, 4).join("  "));
        showState(current, progress);
        picture.show(current);
    }

    update(note);
    return {
        node,
        link,
        update,
        /** The name of the day stands above the first note of each day. */
        showDay(current, previous) {
            const name = dayName(current.createdAt);
            day.hidden = previous !== null && dayName(previous.createdAt) === name;
            setText(day, name);
        },
        /** `chosen` is true or false while notes are being selected, and null while they are not. */
        choose(chosen) {
            check.hidden = chosen === null;
            check.checked = chosen === true;
            node.classList.toggle("chosen", chosen === true);
            // A row that is clicked is selected then; going by keyboard, its box is enough.
            link.tabIndex = chosen === null ? 0 : -1;
        },
        select(selected) {
            if (selected === link.hasAttribute("aria-current")) return;
            setAttribute(link, "aria-current", selected ? "true" : null);
            picture.redraw();
        },
        release: picture.release,
    };
}
