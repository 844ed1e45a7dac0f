// The stream of server-sent events: reconnects with growing waits, and asks for a fresh list after every gap. While
// it is suspended (see `suspend`) it asks for a fresh list from time to time instead.

const firstWaitMs = 1_000;
const longestWaitMs = 30_000;
const pollEveryMs = 5_000;

export function createEvents({ client, onNote, onProgress, onRemoved, onGap, onConnection }) {
    let source = null;
    let running = false;
    let suspended = false;
    let failures = 0;
    let timer = 0;

    function parsed(event, use) {
        try {
            use(JSON.parse(event.data));
        } catch {
            onGap();
        }
    }

    function close() {
        source?.close();
        source = null;
        clearTimeout(timer);
    }

    function open() {
        close();
        if (!running || suspended) return;
        const opened = new EventSource("/api/v1/events");
        source = opened;
        opened.addEventListener("open", () => {
            failures = 0;
            onConnection(true);
            onGap();
        });
        opened.addEventListener("note", (event) => parsed(event, (data) => onNote(data.note)));
        opened.addEventListener("progress", (event) => parsed(event, onProgress));
        opened.addEventListener("removed", (event) => parsed(event, (data) => onRemoved(data.noteId)));
        opened.addEventListener("error", () => {
            if (source !== opened) return;
            close();
            failures += 1;
            if (failures > 1) onConnection(false);
            const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
            timer = setTimeout(reopen, wait * (0.75 + Math.random() / 2));
        });
    }

    // An EventSource does not say why it failed. A plain request does, and it renews the session where that is why.
    async function reopen() {
        try {
            await client.get("/users/me");
        } catch (problem) {
            if (problem.status === 401) return;
        }
        open();
    }

    function poll() {
        if (!running || !suspended) return;
        onGap();
        timer = setTimeout(poll, pollEveryMs);
    }

    window.addEventListener("online", () => {
        if (running && !suspended && source?.readyState !== EventSource.OPEN) open();
    });
    document.addEventListener("visibilitychange", () => {
        if (!document.hidden && running && !suspended && source === null) open();
    });

    return {
        start() {
            running = true;
            open();
        },
        stop() {
            running = false;
            close();
        },
        /** Gives the stream's connection free: HTTP/1.1 has six to a host, and five uploads and a player need them. */
        suspend() {
            if (suspended || !running) return;
            suspended = true;
            close();
            timer = setTimeout(poll, pollEveryMs);
        },
        resume() {
            if (!suspended) return;
            suspended = false;
            open();
        },
    };
}
