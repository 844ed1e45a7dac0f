// Dialogs of the editor: a few fields, "Cancel", and the button that does it. And fields for times and numbers.

import { element, setAttribute, setText } from "../dom.js";
import { parseNumber, parseTime, timeText } from "./editTime.js";

let count = 0;

/** A field with its label; `read()` answers its value, or null after it said what is wrong. */
export function field({ label, value, testid, hint = "", parse, wrong, type = "text", ...more }) {
    const id = `edit-field-${count += 1}`;
    const input = element("input", {
        id, type, value, testid, autocomplete: "off", spellcheck: false, ...(type === "text" ? {} : more),
        on: { input: () => complain("") },
    });
    const problem = element("p", { class: "field-problem", id: `${id}-problem`, role: "alert", hidden: true });
    const help = hint ? element("p", { class: "dialog-hint", id: `${id}-hint`, textContent: hint }) : null;
    setAttribute(input, "aria-describedby", [help?.id, problem.id].filter(Boolean).join(" "));

    function complain(text) {
        setText(problem, text);
        problem.hidden = text === "";
        setAttribute(input, "aria-invalid", text === "" ? null : "true");
    }

    return {
        input, complain,
        node: element("div", { class: "field" }, element("label", { htmlFor: id, textContent: label }), input, help,
            problem),
        read() {
            const found = parse(input.value);
            complain(found === null ? wrong : "");
            if (found === null) input.focus();
            return found;
        },
    };
}

export function timeField({ samples, rate, longest = Infinity, ...options }) {
    return field({
        value: timeText(samples, rate),
        wrong: Number.isFinite(longest) ? `A time such as 1:02.5, at most ${timeText(longest, rate)}.`
            : "A time such as 1:02.5 (minutes and seconds), or 0.25.",
        parse: (text) => {
            const found = parseTime(text, rate);
            return found !== null && found <= longest ? found : null;
        },
        ...options,
    });
}

export function numberField({ number, lowest, highest, unit, ...options }) {
    return field({
        value: String(number), inputMode: "decimal",
        wrong: `A number from ${lowest} to ${highest}${unit ? ` ${unit}` : ""}.`,
        parse: (text) => parseNumber(text, lowest, highest), ...options,
    });
}

/**
 * Asks. `collect()` answers what the dialog resolves to, or null to leave it open; cancelling resolves to null.
 * `extra` are further buttons.
 */
export function ask({ title, text = "", testid, body, submit, collect, danger = false }) {
    return new Promise((resolve) => {
        const before = document.activeElement;
        let answer = null;
        const heading = element("h2", { id: "edit-dialog-title", textContent: title });
        const form = element("form", {
            class: "dialog-form", noValidate: true,
            on: {
                submit: (event) => {
                    event.preventDefault();
                    const found = collect();
                    if (found === null) return;
                    answer = found;
                    dialog.close();
                },
            },
        }, ...body, element("div", { class: "confirm-buttons" },
            element("button", {
                type: "button", class: "button", textContent: "Cancel", testid: "edit-cancel",
                on: { click: () => dialog.close() },
            }),
            submit === null ? null : element("button", {
                type: "submit", class: `button ${danger ? "danger" : "primary"}`, textContent: submit,
                testid: "edit-submit",
            })));
        const dialog = element("dialog", {
            class: "confirm", testid, aria: { labelledby: heading.id },
        }, heading, text ? element("p", { class: "editor-dialog-text", textContent: text }) : null, form);
        dialog.addEventListener("close", () => {
            dialog.remove();
            if (before?.isConnected) before.focus({ preventScroll: true });
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
        const first = dialog.querySelector("input:not([type=radio]), select");
        first?.focus();
        first?.select?.();
    });
}
