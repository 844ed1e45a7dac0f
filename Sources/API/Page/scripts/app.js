// The signed-in page: puts recorder, uploads, list, open note and events together. This is the one place where they
// meet; each of them knows only what it is given here.

import { noteHref, readAddress, storageHref } from "./address.js";
import { setText } from "./dom.js";
import { createDetail } from "./detail.js";
import { createElsewhere } from "./elsewhere.js";
import { createEvents } from "./events.js";
import { createFileDrop } from "./fileDrop.js";
import { createLeaving } from "./leaving.js";
import { createNoteList } from "./noteList.js";
import { createRecorderView } from "./recorderView.js";
import { createSelection } from "./selection.js";
import { createSelectionBar } from "./selectionBar.js";
import { createStorageView } from "./storageView.js";
import { createTakeStore } from "./takes.js";
import { createTakeUploads } from "./takeUploads.js";
import { createThumbnails } from "./thumbnails.js";
import { createUnsentView } from "./unsentView.js";
import { createUploadQueue } from "./uploadQueue.js";
import { createUploadView } from "./uploadView.js";

const connectionsPerHost = 6;
const filesAtOnce = 5;
const timeToSettleMs = 4_000;

/** Over HTTP/1.1 a browser opens six connections to a host; over HTTP/2 and later all requests share one. */
function connectionsAreScarce() {
    const [navigation] = performance.getEntriesByType("navigation");
    return !["h2", "h3"].includes(navigation?.nextHopProtocol);
}

export function createApp({ client, account, toasts, largestFileBytes }) {
    const area = document.getElementById("app");
    const connection = document.getElementById("connection");
    const scarce = connectionsAreScarce();

    const selection = createSelection({ onChange: () => list.refresh() });
    const list = createNoteList({
        client, toasts, selection, href: noteHref, thumbnails: createThumbnails({ client }),
        openNote: () => detail.openNote(), onShown: () => selectionBar.render(), onView: selection.clear,
    });
    const selectionBar = createSelectionBar({
        client, toasts, selection, listed: list.ordered, view: list.view, hasStores: list.hasStores,
        folderNames: list.folderNames, onDone: list.reloadSoon,
    });
    const detail = createDetail({
        client, toasts, folderNames: list.folderNames, tagNames: list.tagNames,
        onNote: list.put, onRemoved: removed, onClose: closePane,
    });
    const storage = createStorageView({ client, toasts, mayManage: account.role === "owner", onClose: closePane });
    const events = createEvents({
        client,
        onNote: (note) => {
            list.put(note);
            selection.refresh(note);
            detail.apply(note);
            elsewhere.refreshSoon();
        },
        onProgress: ({ id, noteId = id, stage, store, progress }) => {
            if (stage === "replicate") {
                detail.showReplicaProgress(noteId, store, progress);
                return;
            }
            if (stage === "export") {
                detail.showExportProgress(noteId, progress);
                return;
            }
            list.setProgress(noteId, progress);
            detail.showProgress(noteId, progress);
        },
        onRemoved: removed,
        onGap: () => {
            list.reloadSoon();
            refreshOpenNote();
            elsewhere.refreshSoon();
        },
        onConnection: (connected) => {
            connection.dataset.state = connected ? "live" : "away";
            setText(connection, connected ? "" : "Reconnecting");
        },
    });

    // The stream of events gives its connection to uploads where there are only a few.
    function shareConnections() {
        if (scarce && queue.active() + (recorder.isBusy() ? 1 : 0) >= connectionsPerHost - 1) events.suspend();
        else events.resume();
    }

    const uploadView = createUploadView();
    const queue = createUploadQueue({
        client, largestBytes: () => largestFileBytes,
        // One connection less while a recording needs its own.
        mostAtOnce: () => (scarce && recorder.isBusy() ? filesAtOnce - 1 : filesAtOnce),
        onChange: (item) => {
            uploadView.render(item);
            shareConnections();
        },
        onSent: (note) => list.put(note),
    });
    uploadView.connect(queue);

    const takeUploads = createTakeUploads({
        client, takes: createTakeStore(), accountID: account.id,
        onChange: () => {
            unsent.render();
            elsewhere.render();
        },
        onSaved: (note, { wasLost }) => {
            list.put(note);
            if (wasLost) toasts.say("The whole recording is saved. Its beginning may also be a note of its own.");
        },
        onUnstored: () => toasts.warn("This browser has no room for a copy of the recording. Leave this page open"
            + " until all of it is saved on the server."),
    });
    const unsent = createUnsentView({ uploads: takeUploads.all });
    const elsewhere = createElsewhere({ client, ownIDs: takeUploads.ownIDs });
    const drop = createFileDrop({ onFiles: queue.add, onNews: toasts.say, onTrouble: toasts.warn });
    const recorder = createRecorderView({
        record: takeUploads.record, toasts, accountID: account.id, dropZone: drop.node,
    });
    const leaving = createLeaving({
        client, toasts, isRecording: recorder.isBusy,
        finish: async () => {
            await recorder.stop();
            await takeUploads.settle(timeToSettleMs);
        },
        // A recording that is saved as far as it goes needs no warning: closing the tab only ends it.
        hasUnsaved: () => takeUploads.hasUnsaved() || queue.hasUnsent() || detail.isDirty()
            || selectionBar.isRunning(),
    });

    function removed(id) {
        list.remove(id);
        selection.drop([id]);
        if (detail.openNote() === id) closePane();
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

    // The address names what is open, so that "back" closes it on a phone and a reload opens it again.
    function follow() {
        const { pane, id } = readAddress(location.hash);
        const before = detail.openNote();
        const wasStorage = storage.isOpen();
        if (pane !== "note") detail.close();
        if (pane !== "storage") storage.close();
        if (pane === "note") detail.show(id, list.get(id));
        else if (pane === "storage") storage.open();
        else if (before) list.focusRow(before);
        else if (wasStorage) storageLink.focus();
        list.refresh();
    }

    const storageLink = document.querySelector(`a[href="${storageHref}"]`);
    let wasOpenedHere = false;
    function closePane() {
        if (wasOpenedHere && readAddress(location.hash).pane) {
            wasOpenedHere = false;
            history.back();
        } else {
            history.replaceState(null, "", location.pathname);
            follow();
        }
    }

    window.addEventListener("hashchange", (event) => {
        const before = readAddress(new URL(event.oldURL).hash).pane;
        wasOpenedHere = before === null && readAddress(location.hash).pane !== null;
        follow();
    });
    // The target of this link is a place on the page, while the address names what is open.
    document.querySelector(".skip-link").addEventListener("click", (event) => {
        event.preventDefault();
        document.querySelector(".detail:not([hidden])")?.focus();
    });
    // Links, players and downloads carry the access cookie without asking; it is renewed before it ends.
    setInterval(() => client.ensureFresh(180), 60_000);

    function show() {
        setText(document.getElementById("account-name"), account.name);
        area.hidden = false;
        list.start();
        events.start();
        elsewhere.start();
        takeUploads.recover();
        follow();
    }

    return {
        account,
        show,
        /** The session ended: the page waits behind the sign-in form, and a running recording goes on. */
        hide() {
            events.stop();
            elsewhere.stop();
            storage.pause();
            area.hidden = true;
        },
        showAgain() {
            area.hidden = false;
            list.reloadSoon();
            events.start();
            elsewhere.start();
            storage.resume();
            selectionBar.nudge();
            takeUploads.nudge();
            queue.retryRefused();
        },
        /** Somebody else signed in. What is not saved stays in this browser for its owner's next visit. */
        async leaveFor() {
            takeUploads.halt();
            await recorder.stop();
            leaving.reload();
        },
    };
}
