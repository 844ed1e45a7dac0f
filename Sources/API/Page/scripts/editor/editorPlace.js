// Where the editor is in the open note: in the place of the player, while somebody edits.

import { iconButton } from "../icons.js";
import { createEditor } from "./editor.js";

/** `beside` is what makes no sense while somebody edits; `note()` is the open note as it is now. */
export function createEditorPlace({ client, toasts, area, player, beside, note }) {
    const button = iconButton("edit", "Edit", { testid: "edit-note", hidden: true, on: { click: open } });
    let editor = null;

    function open() {
        if (editor) return;
        player.pause();
        editor = createEditor({ client, toasts, note: note(), onClose: close });
        player.node.replaceWith(editor.node);
        beside.hidden = true;
        area.dataset.editing = "true";
        editor.focus();
    }

    function close() {
        if (!editor) return;
        const held = editor.node.contains(document.activeElement);
        editor.node.replaceWith(player.node);
        release();
        beside.hidden = false;
        if (held) (button.hidden ? area : button).focus({ preventScroll: true });
    }

    function release() {
        editor?.release();
        editor = null;
        delete area.dataset.editing;
    }

    return {
        button, release,
        isOpen: () => editor !== null,
        setNote({ state, trashedAt }) {
            button.hidden = state !== "ready" || trashedAt !== null;
            if (trashedAt !== null) close();
        },
        takeKey: (event) => editor?.takeKey(event) ?? false,
        showExportProgress: (fraction) => editor?.showExportProgress(fraction),
    };
}
