// The signed-in page: puts recorder, uploads, list, open note and events together. This is the one place where they
// meet; each of them knows only what it is given here.

import { confirmation } from "./confirmation.js";
import { setText } from "./dom.js";
import { createDetail } from "./detail.js";
import { createEvents } from "./events.js";
import { createFileDrop } from "./fileDrop.js";
import { createNoteList } from "./noteList.js";
import { createRecorderView } from "./recorderView.js";
import { createTakeStore } from "./takes.js";
import { createThumbnails } from "./thumbnails.js";
import { createUnsentView } from "./unsentView.js";
import { createUploadQueue } from "./uploadQueue.js";
import { createUploadView } from "./uploadView.js";

const noteInAddress = /^#note=([0-9a-f-]{1,64})$/i;
const connectionsPerHost = 6;

function href(id) {
    return `#note=${id}`;
}

/** Over HTTP/1.1 a browser opens six connections to a host; over HTTP/2 and later all requests share one. */
function connectionsAreScarce() {
    const [navigation] = performance.getEntriesByType("navigation");
    return !["h2", "h3"].includes(navigation?.nextHopProtocol);
}

export function createApp({ client, account, toasts, largestFileBytes }) {
    const area = document.getElementById("app");
    const connection = document.getElementById("connection");
    const signOutButton = document.getElementById("sign-out");
    const takes = createTakeStore();
    const scarce = connectionsAreScarce();
    let leaving = false;

    const list = createNoteList({
        client, toasts, href, thumbnails: createThumbnails({ client }), openNote: () => detail.openNote(),
    });
    const detail = createDetail({
        client, toasts, folderNames: list.folderNames, tagNames: list.tagNames,
        onNote: list.put, onRemoved: removed, onClose: closeNote,
    });
    const events = createEvents({
        client,
        onNote: (note) => {
            list.put(note);
            detail.apply(note);
        },
        onProgress: ({ noteId, progress }) => {
            list.setProgress(noteId, progress);
            detail.showProgress(noteId, progress);
        },
        onRemoved: removed,
        onGap: () => {
            list.reloadSoon();
            refreshOpenNote();
        },
        onConnection: (connected) => {
            connection.dataset.state = connected ? "live" : "away";
            setText(connection, connected ? "" : "Reconnecting");
        },
    });

    const uploadView = createUploadView();
    const queue = createUploadQueue({
        client, takes, largestBytes: () => largestFileBytes,
        onChange: () => {
            uploadView.render();
            if (scarce && queue.active() >= connectionsPerHost - 1) events.suspend();
            else events.resume();
        },
        onSent: (note) => list.put(note),
        onFailed: (item) => {
            if (item.take) toasts.warn("The recording was not sent. It is kept in this browser: retry when you like.");
        },
    });
    uploadView.connect(queue);

    function sendTake(take, blob) {
        queue.add({ name: take.fileName, title: take.title, blob, take });
    }

    const drop = createFileDrop({
        onFiles: (files) => {
            for (const file of files) queue.add({ name: file.name, blob: file });
        },
        onUnreadable: (names) => toasts.warn(`The browser could not open: ${names.slice(0, 5).join(", ")}`
            + `${names.length > 5 ? ` and ${names.length - 5} more` : ""}.`),
    });
    const recorder = createRecorderView({
        takes, toasts, accountID: account.id, onTake: sendTake, dropZone: drop.node,
    });
    const unsent = createUnsentView({ takes, toasts, accountID: account.id, send: sendTake });

    function removed(id) {
        list.remove(id);
        if (detail.openNote() === id) closeNote();
    }

    async function refreshOpenNote() {
        const id = detail.openNote();
        if (!id) return;
        try {
            detail.apply(await client.get(`/notes/${id}`));
        } catch (problem) {
            if (problem.status === 404) removed(id);
        }
    }

    // The address names the open note, so that "back" closes it on a phone and a reload opens it again.
    function follow() {
        const id = noteInAddress.exec(location.hash)?.[1];
        const before = detail.openNote();
        if (id) {
            detail.show(id, list.get(id));
        } else {
            detail.close();
            if (before) list.focusRow(before);
        }
        list.refresh();
    }

    let wasOpenedHere = false;
    function closeNote() {
        if (wasOpenedHere && noteInAddress.test(location.hash)) {
            wasOpenedHere = false;
            history.back();
        } else {
            history.replaceState(null, "", location.pathname);
            follow();
        }
    }

    function hasUnsent() {
        return recorder.isBusy() || queue.hasUnsent();
    }

    async function signOut() {
        if (hasUnsent()) {
            const sure = await confirmation({
                title: "Sign out now?", keep: "Stay", confirm: "Sign out",
                text: "Something is not sent yet. Recordings stay in this browser for your next visit; files do not.",
            });
            if (!sure) return;
        }
        try {
            await client.signOut();
        } catch (problem) {
            // Already signed out is what was asked for.
            if (problem.status !== 401) {
                toasts.problem(problem, "Not signed out.");
                return;
            }
        }
        leaving = true;
        location.replace("/");
    }

    window.addEventListener("hashchange", (event) => {
        wasOpenedHere = !noteInAddress.test(new URL(event.oldURL).hash) && noteInAddress.test(location.hash);
        follow();
    });
    window.addEventListener("beforeunload", (event) => {
        if (leaving || (!hasUnsent() && !detail.isDirty())) return;
        event.preventDefault();
        event.returnValue = "";
    });
    signOutButton.addEventListener("click", signOut);
    // Links, players and downloads carry the access cookie without asking; it is renewed before it ends.
    setInterval(() => client.ensureFresh(180), 60_000);

    function show() {
        setText(document.getElementById("account-name"), account.name);
        area.hidden = false;
        list.start();
        events.start();
        unsent.refresh();
        follow();
    }

    return {
        account,
        show,
        /** The session ended: the page waits behind the sign-in form, and a running recording goes on. */
        hide() {
            events.stop();
            area.hidden = true;
        },
        showAgain() {
            area.hidden = false;
            list.reloadSoon();
            events.start();
            queue.retryRefused();
        },
        async leaveFor() {
            recorder.stop();
            leaving = true;
            location.reload();
        },
    };
}
