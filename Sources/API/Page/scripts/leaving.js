// Leaving the page: a question only where something would be lost or be left unfinished, and signing out.

import { confirmation } from "./confirmation.js";

/** `finish()` ends a running recording and gives it the time to be saved. */
export function createLeaving({ client, toasts, isRecording, hasUnsaved, finish }) {
    let isLeaving = false;

    function leaveTo(go) {
        isLeaving = true;
        go();
    }

    async function signOut() {
        if (isRecording() || hasUnsaved()) {
            const sure = await confirmation({
                title: "Sign out now?", keep: "Stay", confirm: "Sign out",
                text: isRecording() ? "The recording ends here, and is kept."
                    : "Something is not sent yet. Recordings stay in this browser for your next visit; files do not.",
            });
            if (!sure) return;
            await finish();
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
        leaveTo(() => location.replace("/"));
    }

    window.addEventListener("beforeunload", (event) => {
        if (isLeaving || !hasUnsaved()) return;
        event.preventDefault();
        event.returnValue = "";
    });
    document.getElementById("sign-out").addEventListener("click", signOut);

    return {
        reload: () => leaveTo(() => location.reload()),
    };
}
