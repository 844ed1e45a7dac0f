// The disk of the server: a bar of what VoiceNote keeps, what others keep, and what is free.

import { element, setText } from "./dom.js";
import { byteCount, countOf, percent } from "./format.js";
import { createStatusMark } from "./statusMark.js";

// As the server's own health check has them.
const warnFrom = 0.85;
const failFrom = 0.95;

function createPart(name) {
    const node = element("span", { class: "space-part", dataset: { part: name } });
    return {
        node,
        grow(share) {
            node.style.flexGrow = String(share);
        },
    };
}

export function createSpaceView() {
    const [own, others, free] = ["own", "others", "free"].map(createPart);
    const bar = element("div", { class: "space-bar", role: "img", testid: "space-bar" },
        own.node, others.node, free.node);
    const status = createStatusMark({ testid: "space-state" });
    const words = element("p", { class: "space-words", testid: "space-words" });
    const legend = element("p", { class: "space-legend" });
    const node = element("section", { class: "storage-part", aria: { labelledby: "space-title" } },
        element("div", { class: "storage-part-head" },
            element("h3", { id: "space-title", textContent: "Space on this server" }), status.node),
        bar, words, legend);

    return {
        node,
        show({ space, local }) {
            node.hidden = !space && !local;
            bar.hidden = status.node.hidden = words.hidden = !space;
            if (local) {
                setText(legend, `${countOf(local.blobs, "file")} of recordings here, ${byteCount(local.bytes)}.`);
            }
            if (!space) return;
            const fraction = space.total > 0 ? space.used / space.total : 0;
            const kept = Math.min(local?.bytes ?? 0, space.used);
            own.grow(kept);
            others.grow(space.used - kept);
            free.grow(space.free);
            setText(words, `${byteCount(space.used)} of ${byteCount(space.total)} used, ${byteCount(space.free)} free`);
            bar.setAttribute("aria-label", words.textContent);
            bar.dataset.kind = fraction >= failFrom ? "bad" : fraction >= warnFrom ? "warning" : "good";
            if (fraction >= failFrom) status.show("bad", `Full to ${percent(fraction)}`);
            else if (fraction >= warnFrom) status.show("warning", `Full to ${percent(fraction)}`);
            else status.show("good", "Enough room");
        },
    };
}
