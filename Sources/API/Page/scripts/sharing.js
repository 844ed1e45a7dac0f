// Links that play without signing in: made for a time, copied, and taken back.

import { element, setText } from "./dom.js";
import { fullTime } from "./format.js";
import { iconButton } from "./icons.js";

const lifetimes = [["3600", "1 hour"], ["86400", "1 day"], ["604800", "7 days"]];

export function createSharing({ client, toasts, noteID }) {
    const lifetime = element("select", { id: "share-lifetime", class: "picker" },
        ...lifetimes.map(([value, textContent]) => element("option", { value, textContent })));
    const address = element("input", {
        type: "text", readOnly: true, class: "share-address", testid: "share-url", aria: { label: "The link" },
    });
    const ends = element("p", { class: "share-ends", role: "status" });
    const result = element("div", { class: "share-result", hidden: true },
        element("div", { class: "share-line" }, address,
            iconButton("copy", "Copy", { testid: "copy-link", on: { click: copy } })), ends);
    const make = iconButton("link", "Make a link", { testid: "share", on: { click: create } });
    const revoke = element("button", {
        type: "button", class: "button quiet", textContent: "Revoke all links", testid: "revoke",
        on: { click: takeBack },
    });
    const node = element("details", { class: "fold", testid: "sharing" },
        element("summary", { textContent: "Share" }),
        element("p", { class: "fold-text", textContent: "Whoever has the link can listen until it ends." }),
        element("div", { class: "share-line" },
            element("label", { htmlFor: lifetime.id, textContent: "For" }), lifetime, make, revoke),
        result);

    async function create() {
        make.disabled = true;
        try {
            const link = await client.send("POST", `/notes/${noteID}/url`, {
                json: { expiresInSeconds: Number(lifetime.value) },
            });
            address.value = new URL(link.url, location.origin).href;
            setText(ends, `Ends ${fullTime(link.expiresAt)}.`);
            result.hidden = false;
            await copy();
        } catch (problem) {
            toasts.problem(problem, "No link was made.");
        } finally {
            make.disabled = false;
        }
    }

    async function copy() {
        try {
            await navigator.clipboard.writeText(address.value);
            toasts.say("The link is on the clipboard.");
        } catch {
            // No clipboard without HTTPS or permission: the link is selected, ready for the person's own copy.
            address.focus();
            address.select();
            toasts.say("The browser keeps its clipboard closed. The link is selected: copy it with the keyboard.");
        }
    }

    async function takeBack() {
        revoke.disabled = true;
        try {
            await client.send("DELETE", `/notes/${noteID}/url`);
            result.hidden = true;
            address.value = "";
            toasts.say("Every link to this note stopped working.");
        } catch (problem) {
            toasts.problem(problem, "The links were not revoked.");
        } finally {
            revoke.disabled = false;
        }
    }

    return { node };
}
