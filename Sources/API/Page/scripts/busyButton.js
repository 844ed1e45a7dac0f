// A button that waits for what it began. It is not `disabled`, which would take the focus away from it.

import { setAttribute } from "./dom.js";

/** Greys a button out; what it does has to ask `isForbidden` first. */
export function forbid(button, forbidden) {
    setAttribute(button, "aria-disabled", forbidden ? "true" : null);
}

export function isForbidden(button) {
    return button.getAttribute("aria-disabled") === "true";
}

/** Runs `work` unless the button is still at it. */
export async function whileBusy(button, work) {
    if (isForbidden(button)) return;
    forbid(button, true);
    try {
        await work();
    } finally {
        forbid(button, false);
    }
}
