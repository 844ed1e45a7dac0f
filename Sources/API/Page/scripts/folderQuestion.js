// Asking for the folder that notes are moved to, in a <dialog>: one that is there, a new one, or none.

import { element } from "./dom.js";
import { countOf } from "./format.js";

/** Resolves to `{folder}` (null takes them out of their folder), or to null when nothing is to be moved. */
export function askFolder({ count, folderNames }) {
    return new Promise((resolve) => {
        const choices = element("datalist", { id: "move-choices" },
            ...folderNames.map((name) => element("option", { value: name })));
        const name = element("input", {
            id: "move-folder", type: "text", maxLength: 255, testid: "move-folder", autocomplete: "off",
            placeholder: "None", autofocus: true, aria: { describedby: "move-hint" },
        });
        name.setAttribute("list", choices.id);
        let answer = null;
        const move = (event) => {
            event.preventDefault();
            answer = { folder: name.value.trim() || null };
            dialog.close();
        };
        const heading = element("h2", { id: "move-title", textContent: `Move ${countOf(count, "note")}` });
        const dialog = element("dialog", {
            class: "confirm", testid: "move-dialog", aria: { labelledby: heading.id },
        }, heading,
        element("form", { class: "dialog-form", on: { submit: move } },
            element("div", { class: "field" }, element("label", { htmlFor: name.id, textContent: "Folder" }), name,
                choices, element("span", { id: "move-hint", class: "dialog-hint" },
                    "Without a name the notes are taken out of their folder.")),
            element("div", { class: "confirm-buttons" },
                element("button", {
                    type: "button", class: "button", textContent: "Cancel", testid: "cancel",
                    on: { click: () => dialog.close() },
                }),
                element("button", { class: "button primary", textContent: "Move", testid: "confirm" }))));
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}
