// The cookie session: the CSRF value, and refreshing before or after the access cookie ends. A refresh token works
// once, and using it twice ends the session, so one refresh serves all requests of this tab, and a Web Lock makes the
// other tabs wait for it and see that it was done.

import { Problem } from "./problem.js";

const expiryKey = "voicenote.session.expiresAt";
const refreshedKey = "voicenote.session.refreshedAt";
const lockName = "voicenote.session.refresh";

function stored(key) {
    try {
        return Number(localStorage.getItem(key)) || 0;
    } catch {
        return 0;
    }
}

function store(key, value) {
    try {
        localStorage.setItem(key, String(value));
    } catch {
        // Without storage each tab refreshes when it is told 401; that works, it is only later.
    }
}

export function csrfToken() {
    const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith("vn_csrf="));
    return pair ? decodeURIComponent(pair.slice("vn_csrf=".length)) : null;
}

/** `renew` performs the request and answers with the session document, or throws a Problem. */
export function createSession(renew) {
    let running = null;

    function began(document) {
        const now = Date.now();
        store(refreshedKey, now);
        store(expiryKey, now + (Number(document?.expiresIn) || 900) * 1000);
    }

    async function renewOnce(since) {
        if (stored(refreshedKey) > since) return;
        began(await renew());
    }

    /** Resolves when the session is newer than `since` (milliseconds since 1970). */
    function refresh(since = Date.now()) {
        running ??= (async () => {
            try {
                if (navigator.locks) await navigator.locks.request(lockName, () => renewOnce(since));
                else await renewOnce(since);
            } finally {
                running = null;
            }
        })();
        return running;
    }

    /** Refreshes when less than `secondsLeft` remain, so that links, players and long uploads do not meet a 401. */
    async function ensureFresh(secondsLeft = 120) {
        const expiresAt = stored(expiryKey);
        if (expiresAt > 0 && expiresAt - Date.now() < secondsLeft * 1000 && csrfToken()) {
            await refresh().catch((problem) => {
                if (!(problem instanceof Problem)) throw problem;
            });
        }
    }

    return { began, refresh, ensureFresh };
}
