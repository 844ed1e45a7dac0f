// The versions of an edit: what was done, when, under what name; each can be named and restored.

import { arrange, element, setAttribute, setText } from "../dom.js";
import { exactTime, relativeTime } from "../format.js";
import { iconButton } from "../icons.js";
import { summaryWords } from "./editCommands.js";

const longestName = 100;

export function createEditVersions({ model, done }) {
    const rows = new Map();
    const list = element("ol", { class: "version-list", reversed: true, testid: "version-list" });
    const none = element("p", { class: "fold-text", textContent: "Each change makes a version. None yet." });
    const more = element("button", {
        type: "button", class: "button small", textContent: "Show older ones", testid: "versions-more", hidden: true,
        on: { click: () => model.more() },
    });
    const summary = element("summary", { testid: "versions", textContent: "Versions" });
    const node = element("details", { class: "fold" }, summary, none, list, more);

    function row(version) {
        const name = element("input", {
            class: "version-name", value: version.name ?? "", placeholder: `Version ${version.number}`,
            maxLength: longestName, autocomplete: "off", testid: "version-name",
            aria: { label: `Name of version ${version.number}` },
            on: {
                change: () => save(version.id, name),
                keydown: (event) => {
                    if (event.key === "Enter") name.blur();
                    if (event.key !== "Escape") return;
                    // Back to what it was; the pane stays open.
                    event.preventDefault();
                    event.stopPropagation();
                    name.value = rows.get(version.id).version.name ?? "";
                    name.blur();
                },
            },
        });
        const words = element("span", { class: "version-words" });
        const when = element("time", { class: "version-when", dateTime: version.createdAt,
            title: exactTime(version.createdAt) });
        const heard = element("span", { class: "version-heard", textContent: "Heard now" });
        const restore = iconButton("restore", `Restore version ${version.number}`, {
            iconOnly: true, class: "quiet", testid: "version-restore",
            on: { click: () => done(model.restore(version.id), `Version ${version.number} is heard again.`) },
        });
        const item = element("li", { class: "version-row", testid: "version", dataset: { versionId: version.id,
            number: String(version.number) } }, name,
        element("p", { class: "version-facts" }, words, when, heard), restore);
        return { item, name, words, when, heard, restore, version };
    }

    async function save(id, input) {
        const known = rows.get(id).version.name ?? "";
        const wanted = input.value.trim();
        if (wanted === known) {
            input.value = known;
            return;
        }
        if (!await done(model.rename(id, wanted === "" ? null : wanted),
            wanted === "" ? "The name is taken away." : "The version is named.")) input.value = known;
    }

    function render() {
        const versions = model.versions();
        const head = model.head();
        for (const version of versions) {
            const parts = rows.get(version.id) ?? row(version);
            rows.set(version.id, parts);
            parts.version = version;
            if (document.activeElement !== parts.name) parts.name.value = version.name ?? "";
            setText(parts.words, summaryWords(version.summary));
            setText(parts.when, relativeTime(version.createdAt));
            const isHead = version.id === head;
            parts.heard.hidden = !isHead;
            parts.restore.hidden = isHead;
            setAttribute(parts.item, "aria-current", isHead ? "true" : null);
        }
        arrange(list, versions.map(({ id }) => rows.get(id).item));
        const count = model.edit()?.count ?? versions.length;
        setText(summary, count > 0 ? `Versions (${count})` : "Versions");
        none.hidden = versions.length > 0;
        more.hidden = !model.hasMore();
    }

    return { node, render, open: () => { node.open = true; } };
}
