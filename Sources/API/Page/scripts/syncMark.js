// The quiet mark in the list for a recording that is not yet in every store it should be in. Nothing is marked where
// no stores are configured, and nothing where all is well.

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { syncOf } from "./replicaState.js";

const signs = {
    pending: ["cloud", "Not yet everywhere"],
    failed: ["warning", "Copying failed"],
};

export function createSyncMark() {
    const node = element("span", { class: "sync-mark", testid: "sync-mark", hidden: true });
    return {
        node,
        show(note) {
            const sync = syncOf(note.recording);
            if (node.dataset.sync === String(sync)) return;
            node.dataset.sync = String(sync);
            const [sign, words] = signs[sync] ?? [];
            node.hidden = sign === undefined;
            node.title = words ?? "";
            node.replaceChildren(...(sign ? [icon(sign),
                element("span", { class: "visually-hidden", textContent: words })] : []));
        },
    };
}
