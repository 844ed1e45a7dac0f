// Short messages at the edge of the page: news politely (role=status), failures at once (role=alert).

import { element } from "./dom.js";
import { iconButton } from "./icons.js";

const mostAtOnce = 4;

export function createToasts(statusArea, alertArea) {
    function show(area, kind, message, { requestId = null, action = null, lifeMs }) {
        const dismiss = () => {
            clearTimeout(timer);
            toast.remove();
        };
        const toast = element("div", { class: `toast ${kind}`, testid: "toast", dataset: { kind } },
            element("div", { class: "toast-body" },
                element("p", { textContent: message }),
                requestId ? element("p", { class: "toast-request", textContent: `Request ${requestId}` }) : null),
            action ? element("button", {
                type: "button", class: "button small", textContent: action.words,
                on: { click: () => { dismiss(); action.run(); } },
            }) : null,
            iconButton("close", "Dismiss", { iconOnly: true, class: "quiet", on: { click: dismiss } }));
        let timer = setTimeout(dismiss, lifeMs);
        const hold = () => clearTimeout(timer);
        const letGo = () => {
            clearTimeout(timer);
            timer = setTimeout(dismiss, 3_000);
        };
        toast.addEventListener("pointerenter", hold);
        toast.addEventListener("pointerleave", letGo);
        toast.addEventListener("focusin", hold);
        toast.addEventListener("focusout", letGo);
        area.append(toast);
        while (area.children.length > mostAtOnce) area.firstElementChild.remove();
    }

    return {
        say: (message, options = {}) => show(statusArea, "news", message, { lifeMs: 6_000, ...options }),
        warn: (message, options = {}) => show(alertArea, "failure", message, { lifeMs: 15_000, ...options }),
        /** A Problem, with the server's sentence and the request's id to quote. */
        problem: (problem, before = "") => {
            // A 401 that got here ended the session, and the sign-in form says so.
            if (problem.code === "cancelled" || problem.status === 401) return;
            const fields = (problem.errors ?? []).map((error) => `${error.field}: ${error.message}`).join("; ");
            const sentence = [before, problem.message, fields].filter(Boolean).join(" ");
            show(alertArea, "failure", sentence, { requestId: problem.requestId ?? null, lifeMs: 15_000 });
        },
    };
}
