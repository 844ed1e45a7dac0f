// Asking before something is lost, in a <dialog>: Escape and "Keep" mean no.

import { element } from "./dom.js";

/** Resolves to true when the person confirms. */
export function confirmation({ title, text, confirm, keep = "Keep" }) {
    return new Promise((resolve) => {
        const heading = element("h2", { id: "confirm-title", textContent: title });
        const body = element("p", { id: "confirm-text", textContent: text });
        const dialog = element("dialog", {
            class: "confirm", testid: "confirm-dialog",
            aria: { labelledby: "confirm-title", describedby: "confirm-text" },
        }, heading, body, element("div", { class: "confirm-buttons" },
            element("button", {
                type: "button", class: "button", textContent: keep, testid: "cancel", autofocus: true,
                on: { click: () => dialog.close("no") },
            }),
            element("button", {
                type: "button", class: "button danger", textContent: confirm, testid: "confirm",
                on: { click: () => dialog.close("yes") },
            })));
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(dialog.returnValue === "yes");
        });
        document.body.append(dialog);
        dialog.showModal();
    });
}
