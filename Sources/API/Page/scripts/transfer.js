// One file on its way to `POST /notes`: XMLHttpRequest, because fetch does not tell how much was sent.

import { apiURL, sessionHeaders } from "./client.js";
import { Problem } from "./problem.js";

// Nothing moved for this long: the connection is dead, though nobody said so.
const stalledAfterMs = 120_000;

function contentType(blob) {
    const type = (blob.type || "").split(";")[0].toLowerCase();
    return type.startsWith("audio/") || ["video/webm", "application/ogg"].includes(type)
        ? type : "application/octet-stream";
}

function once({ blob, query, digest, onProgress, signal }) {
    return new Promise((resolve, reject) => {
        if (signal.aborted) {
            reject(Problem.cancelled());
            return;
        }
        const request = new XMLHttpRequest();
        let timer = 0;
        const fail = (problem) => {
            clearTimeout(timer);
            signal.removeEventListener("abort", cancel);
            request.onreadystatechange = null;
            request.abort();
            reject(problem);
        };
        const cancel = () => fail(Problem.cancelled());
        const watch = () => {
            clearTimeout(timer);
            timer = setTimeout(() => fail(Problem.unanswered()), stalledAfterMs);
        };
        request.open("POST", apiURL("/notes", query));
        for (const [name, value] of Object.entries(sessionHeaders("POST"))) request.setRequestHeader(name, value);
        request.setRequestHeader("Content-Type", contentType(blob));
        if (digest) request.setRequestHeader("Content-Digest", `sha-256=:${digest.base64}:`);
        request.upload.onprogress = (event) => {
            watch();
            onProgress(event.loaded);
        };
        request.onerror = () => fail(Problem.unanswered());
        request.onload = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", cancel);
            if (request.status !== 201) {
                reject(Problem.from(request.status, request.responseText, (name) => request.getResponseHeader(name)));
                return;
            }
            try {
                resolve(JSON.parse(request.responseText));
            } catch {
                reject(Problem.unanswered());
            }
        };
        signal.addEventListener("abort", cancel);
        watch();
        request.send(blob);
    });
}

/** Sends `blob` and answers `{note, receipt}`. Throws a Problem. */
export async function transfer(client, options) {
    await client.ensureFresh();
    return client.withSession(() => once(options));
}

/** Whether the receipt names these bytes: the size always, the digest where it is known. */
export function receiptMatches(receipt, blob, digest) {
    return Boolean(receipt) && receipt.size === blob.size
        && (digest === null || String(receipt.sha256).toLowerCase() === digest.hex);
}
