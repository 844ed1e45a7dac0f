// The open note: player, form, sharing, technical details, and what can be done with the note in its state.

import { apiURL } from "./client.js";
import { confirmation } from "./confirmation.js";
import { debounced, element, setText } from "./dom.js";
import { createEditorPlace } from "./editor/editorPlace.js";
import { fullTime, percent } from "./format.js";
import { icon, iconButton } from "./icons.js";
import { createNoteForm } from "./noteForm.js";
import { createPlayer } from "./player.js";
import { createRecoveredBadge } from "./recoveredBadge.js";
import { createReplicasView } from "./replicasView.js";
import { createSharing } from "./sharing.js";
import { createTechnicalDetails } from "./technicalDetails.js";

/** `onNote` and `onRemoved` tell the list what was done here; `onClose` asks for the pane to be closed. */
export function createDetail({ client, toasts, folderNames, tagNames, onNote, onRemoved, onClose }) {
    const area = document.getElementById("detail");
    const empty = document.getElementById("detail-empty");
    let open = null;

    async function show(id, known) {
        if (open?.id === id) return;
        close();
        const mine = { id, note: null, parts: null };
        open = mine;
        empty.hidden = true;
        area.hidden = false;
        area.replaceChildren(element("p", { class: "detail-loading", textContent: "Loading the note" }));
        document.body.dataset.detail = "open";
        area.focus({ preventScroll: true });
        if (known) apply(known);
        try {
            const note = await client.get(`/notes/${id}`);
            // News that came meanwhile is newer, and does not say where the blobs are.
            if (open === mine && !apply(note)) refetchSoon(id);
        } catch (problem) {
            if (open !== mine) return;
            toasts.problem(problem, problem.status === 404 ? "" : "The note could not be opened.");
            if (problem.status === 404) onRemoved(id);
            if (!mine.note) onClose();
        }
    }

    function close() {
        if (!open) return;
        open.parts?.form.keep();
        open.parts?.player.release();
        open.parts?.editor.release();
        open.parts?.replicas.release();
        open = null;
        area.replaceChildren();
        area.hidden = true;
        empty.hidden = false;
        delete document.body.dataset.detail;
        document.title = "VoiceNote";
    }

    /** News of any note; taken in when it is the open one and not older than what is shown. Says whether it was. */
    function apply(note) {
        if (!open || open.id !== note.id || (open.note && note.version < open.note.version)) return false;
        open.note = note;
        open.parts ??= build(note);
        const { form, player, editor, replicas, technical, when, recovered, state, actions, listenLink } = open.parts;
        form.setNote(note);
        player.setNote(note);
        editor.setNote(note);
        replicas.setNote(note);
        technical.setNote(note);
        listenLink.hidden = !note.recording?.renditions?.some(({ kind }) => kind === "listen");
        setText(when, fullTime(note.createdAt));
        recovered.show(note);
        showState(state, note, null);
        showActions(actions, note);
        area.dataset.noteId = note.id;
        area.dataset.state = note.state;
        document.title = `${note.title || "Untitled"} – VoiceNote`;
        return true;
    }

    function showProgress(id, fraction) {
        if (open?.id === id && open.note?.state === "processing") showState(open.parts.state, open.note, fraction);
    }

    function showReplicaProgress(id, store, fraction) {
        if (open?.id === id) open.parts?.replicas.showProgress(store, fraction);
    }

    function showExportProgress(id, fraction) {
        if (open?.id === id) open.parts?.editor.showExportProgress(fraction);
    }

    function showState(place, note, progress) {
        const fraction = progress ?? note.recording?.progress ?? 0;
        const words = {
            processing: `Processing, ${percent(fraction)}`,
            failed: `Processing failed${note.reason ? `: ${note.reason}` : "."} The recording itself is safe.`,
        }[note.state] ?? (note.trashedAt ? "In the trash" : "");
        place.hidden = words === "";
        place.dataset.state = note.trashedAt ? "trashed" : note.state;
        setText(place.firstElementChild, words);
        const retry = place.querySelector("button");
        if (note.state === "failed" && !note.trashedAt && !retry) {
            place.append(iconButton("retry", "Try again", {
                testid: "retry", class: "small", on: { click: (event) => act(event, "POST", "/retry") },
            }));
        } else if (note.state !== "failed") {
            retry?.remove();
        }
    }

    /** Runs one change of the note, with its button held until the answer is here. */
    async function act(event, method, path, options = {}) {
        const { note } = open;
        const button = event?.currentTarget;
        if (button) button.disabled = true;
        try {
            const changed = await client.send(method, `/notes/${note.id}${path}`, options);
            if (changed) take(changed);
            return true;
        } catch (problem) {
            toasts.problem(problem);
            if (problem.status === 412) await refetch(note.id).catch(() => {});
            return false;
        } finally {
            if (button) button.disabled = false;
        }
    }

    async function refetch(id) {
        take(await client.get(`/notes/${id}`));
    }

    const refetchSoon = debounced(300, (id) => {
        if (open?.id === id) refetch(id).catch(() => {});
    });

    function take(note) {
        onNote(note);
        apply(note);
    }

    function change(event, changes) {
        return act(event, "PATCH", "", { json: changes, headers: { "If-Match": `"${open.note.version}"` } });
    }

    async function trash(event) {
        const { id } = open;
        await open.parts.form.keep();
        if (!open || !(await act(event, "DELETE", ""))) return;
        // The answer has no body; the note as it is now comes with one more request, and with the event.
        await refetch(id).catch(() => onRemoved(id));
        toasts.say("The note is in the trash.", {
            action: { words: "Undo", run: () => restore(id) },
        });
        onClose();
    }

    async function restore(id) {
        try {
            take(await client.send("POST", `/notes/${id}/restore`));
            toasts.say("The note is back.");
        } catch (problem) {
            toasts.problem(problem);
        }
    }

    async function deleteForever(event) {
        const { id, note } = open;
        const button = event.currentTarget;
        const sure = await confirmation({
            title: "Delete for good?",
            text: `“${note.title || "Untitled"}” and its recording will be deleted. This cannot be undone.`,
            confirm: "Delete for good",
        });
        if (!sure) return;
        button.disabled = true;
        try {
            await client.send("DELETE", `/notes/${id}`, { query: { permanent: "true" } });
            onRemoved(id);
            toasts.say("The note is deleted.");
        } catch (problem) {
            toasts.problem(problem);
            button.disabled = false;
        }
    }

    function showActions(place, note) {
        const key = JSON.stringify([note.trashedAt !== null, note.archived, note.pinned]);
        if (place.dataset.key === key) return;
        place.dataset.key = key;
        const held = place.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
        const buttons = note.trashedAt !== null
            ? [iconButton("restore", "Restore", { testid: "restore", on: { click: () => restore(note.id) } }),
                iconButton("trash", "Delete for good", {
                    testid: "delete-forever", class: "danger", on: { click: deleteForever },
                })]
            : [iconButton("pin", note.pinned ? "Unpin" : "Pin", {
                testid: "pin", aria: { pressed: note.pinned },
                on: { click: (event) => change(event, { pinned: !open.note.pinned }) },
            }),
            iconButton("archive", note.archived ? "Unarchive" : "Archive", {
                testid: "archive", on: { click: (event) => change(event, { archived: !open.note.archived }) },
            }),
            iconButton("trash", "Trash", { testid: "trash", on: { click: trash } })];
        place.replaceChildren(...buttons);
        if (held) place.querySelector(`[data-testid="${held}"]`)?.focus();
    }

    function build(note) {
        const { id } = note;
        const player = createPlayer({ client, toasts });
        const form = createNoteForm({
            folderNames, tagNames, toasts,
            patch: (json, version) => client.send("PATCH", `/notes/${id}`, {
                json, headers: { "If-Match": `"${version}"` },
            }),
            refetch: () => client.get(`/notes/${id}`),
            onSaved: take,
        });
        const replicas = createReplicasView({
            toasts, onNote: take, onStale: () => refetchSoon(id),
            send: (store, action) => client.send("POST", `/notes/${id}/replicas/${encodeURIComponent(store)}`, {
                json: { action },
            }),
        });
        const technical = createTechnicalDetails();
        const when = element("span");
        const recovered = createRecoveredBadge();
        const state = element("div", { class: "detail-state", role: "status", testid: "note-state", hidden: true },
            element("p"));
        const actions = element("div", { class: "detail-actions", role: "group", aria: { label: "This note" } });
        const file = (rendition) => apiURL(`/notes/${id}/audio`, { rendition, download: "1" });
        const listenLink = element("a", {
            class: "button quiet", href: file("listen"), download: "", testid: "download-listen", hidden: true,
        }, icon("download"), element("span", { textContent: "Listen copy" }));
        const downloads = element("div", { class: "downloads" });
        const editor = createEditorPlace({
            client, toasts, area, player, beside: downloads, note: () => open.note,
        });
        downloads.append(editor.button,
            element("a", { class: "button", href: file("source"), download: "", testid: "download" },
                icon("download"), element("span", { textContent: "Download original" })),
            listenLink);
        area.replaceChildren(element("div", { class: "detail-sheet" },
            element("div", { class: "detail-top" },
                iconButton("back", "Back to the list", {
                    iconOnly: true, class: "quiet", testid: "close-detail", on: { click: () => onClose() },
                }), element("p", { class: "detail-when" }, when, recovered.node), ...form.outcome, actions),
            form.title, state, player.node, form.node, downloads, replicas.node,
            createSharing({ client, toasts, noteID: id }).node, technical.node));
        return { form, player, editor, replicas, technical, when, recovered, state, actions, listenLink };
    }

    // Space and the arrows work in the whole pane, wherever they do not already mean something.
    area.addEventListener("keydown", (event) => {
        if (!open?.parts || event.defaultPrevented) return;
        if (open.parts.editor.takeKey(event) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "Escape") {
            onClose();
            return;
        }
        if (open.parts.editor.isOpen()) return;
        if (event.target.closest("input, textarea, select, button, a, summary, dialog")) return;
        const step = event.shiftKey ? 1 : 5;
        if (event.key === " ") open.parts.player.toggle();
        else if (event.key === "ArrowRight") open.parts.player.skip(step);
        else if (event.key === "ArrowLeft") open.parts.player.skip(-step);
        else return;
        event.preventDefault();
    });

    return {
        show, close, apply, showProgress, showReplicaProgress, showExportProgress,
        openNote: () => open?.id ?? null,
        isDirty: () => open?.parts?.form.isDirty() ?? false,
    };
}
