// The start: is there an owner, is somebody signed in, and what to show. Everything else is in the modules it imports.

import { createApp } from "./app.js";
import { createClient } from "./client.js";
import { createEntry } from "./entry.js";
import { createToasts } from "./toasts.js";

const toasts = createToasts(document.getElementById("toasts-status"), document.getElementById("toasts-alert"));
const client = createClient({ onSignedOut: sessionEnded });
const entry = createEntry(document.getElementById("entry"), { client, onEntered: entered });
let app = null;
let setup = null;
let asking = false;

function entered(account) {
    asking = false;
    entry.hide();
    if (app === null) {
        app = createApp({ client, account, toasts, largestFileBytes: setup.largestFileBytes });
        app.show();
    } else if (app.account.id === account.id) {
        app.showAgain();
    } else {
        app.leaveFor();
    }
}

function sessionEnded() {
    if (asking || !setup) return;
    asking = true;
    app?.hide();
    entry.show("signIn", {
        registrationOpen: setup.registrationOpen,
        notice: app ? "Your session has ended. Sign in to go on; nothing here was lost." : "",
    });
}

async function start() {
    entry.hide();
    try {
        setup = await client.setup();
    } catch (problem) {
        entry.unreachable(problem, start);
        return;
    }
    if (!setup.ownerExists) {
        entry.show("setup");
        return;
    }
    // Without the readable cookie there is no session, and no need to be told 401.
    if (!client.mayHaveSession()) {
        sessionEnded();
        return;
    }
    try {
        entered(await client.get("/users/me"));
    } catch (problem) {
        if (problem.status !== 401 && problem.status !== 403) entry.unreachable(problem, start);
    }
}

start();
