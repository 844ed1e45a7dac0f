// Recordings that an earlier visit could not send: send, save to a file, or discard.

import { confirmation } from "./confirmation.js";
import { element } from "./dom.js";
import { byteCount, clock, countOf, fullTime } from "./format.js";
import { iconButton } from "./icons.js";

/** `send(take, blob)` hands a take to the upload queue. */
export function createUnsentView({ takes, toasts, accountID, send }) {
    const area = document.getElementById("unsent");
    const list = element("ul", { class: "unsent-list" });
    const heading = element("h2", { class: "unsent-title" });
    area.replaceChildren(heading, list);

    function count() {
        heading.textContent = `${countOf(list.children.length, "recording")} not sent yet`;
        area.hidden = list.children.length === 0;
    }

    async function use(take, work) {
        try {
            await work(await takes.blob(take));
        } catch {
            toasts.warn("The browser could not read this recording from its storage. It is still there: try again.");
        }
    }

    function save(take, blob) {
        const address = URL.createObjectURL(blob);
        element("a", { href: address, download: take.fileName }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
    }

    function row(take) {
        const leave = () => {
            node.remove();
            count();
        };
        const node = element("li", { class: "unsent-row", testid: "unsent-take" },
            element("p", { class: "unsent-what" }, element("strong", { textContent: fullTime(take.startedAt) }),
                element("span", { textContent: ` ${clock(take.durationMs / 1000)}, ${byteCount(take.size)}` })),
            element("div", { class: "unsent-buttons" },
                iconButton("upload", "Send", {
                    class: "small primary", testid: "take-send",
                    on: { click: () => use(take, (blob) => { leave(); send(take, blob); }) },
                }),
                iconButton("download", "Save to a file", {
                    class: "small", testid: "take-save", on: { click: () => use(take, (blob) => save(take, blob)) },
                }),
                iconButton("trash", "Discard", {
                    class: "small quiet", testid: "take-discard",
                    on: {
                        click: async () => {
                            const sure = await confirmation({
                                title: "Discard this recording?", text: "It was never sent. It will be gone.",
                                confirm: "Discard",
                            });
                            if (!sure) return;
                            await takes.remove(take.id).catch(() => {});
                            leave();
                        },
                    },
                })));
        return node;
    }

    return {
        async refresh() {
            try {
                const unsent = await takes.unsent(accountID);
                list.replaceChildren(...unsent.map(row));
                count();
            } catch {
                area.hidden = true;
            }
        },
    };
}
