// The requests of a resumable upload, after the IETF draft "Resumable Uploads for HTTP": create, ask how far it is,
// append, remove. An offset in an answer is a promise of the server: everything before it is on its disk.

import { exchange } from "./exchange.js";
import { Problem } from "./problem.js";

const quickMs = 20_000;
const pieceMs = 60_000;
// The last answer comes when the whole recording is stored, which takes a slow disk a while.
const completionMs = 180_000;

function flag(value) {
    return value ? "?1" : "?0";
}

/** What a recording may be called in a request; the server looks into the bytes anyway. */
export function contentType(blob) {
    const type = (blob.type || "").split(";")[0].toLowerCase();
    return type.startsWith("audio/") || ["video/webm", "application/ogg"].includes(type)
        ? type : "application/octet-stream";
}

function offsetIn(answer) {
    const offset = Number.parseInt(answer.header("Upload-Offset") ?? "", 10);
    // An answer without it came from something between here and the server.
    if (!Number.isFinite(offset)) throw Problem.unanswered();
    return offset;
}

function outcome({ document }) {
    if (!document?.note || !document.receipt) throw Problem.unanswered();
    return { note: document.note, receipt: document.receipt };
}

function creation({ query, type, length = null, digest = null, isWhole }) {
    return {
        method: "POST", path: "/uploads", query,
        headers: {
            "Content-Type": type, "Upload-Complete": flag(isWhole),
            ...(length === null ? {} : { "Upload-Length": String(length) }),
            ...(digest === null ? {} : { "Repr-Digest": `sha-256=:${digest.base64}:` }),
        },
    };
}

/** Makes an upload that has no byte yet, and answers `{id, offset}`. `length` and `digest` are null while unknown. */
export async function createUpload(client, { signal, ...described }) {
    const answer = await exchange(client, {
        ...creation({ ...described, isWhole: false }), stalledAfterMs: quickMs, signal,
    });
    const id = (answer.header("Location") ?? "").split("/").filter(Boolean).at(-1);
    if (!id) throw Problem.unanswered();
    return { id, offset: offsetIn(answer) };
}

/** The whole recording in one request. Answers `{note, receipt}`. */
export async function sendWhole(client, { body, onProgress, signal, ...described }) {
    return outcome(await exchange(client, {
        ...creation({ ...described, isWhole: true }), body, stalledAfterMs: completionMs, onProgress, signal,
    }));
}

/** `{offset, isComplete}` */
export async function askOffset(client, id, signal) {
    const answer = await exchange(client, {
        method: "HEAD", path: `/uploads/${id}`, stalledAfterMs: quickMs, signal,
    });
    return { offset: offsetIn(answer), isComplete: answer.header("Upload-Complete") === "?1" };
}

/** Answers `{offset}`, and with `isLast` `{note, receipt}`. Without a body it only says that somebody is there. */
export async function append(client, id, { offset, body, isLast, onProgress, signal }) {
    const answer = await exchange(client, {
        method: "PATCH", path: `/uploads/${id}`, body, onProgress, signal,
        headers: {
            "Content-Type": "application/partial-upload", "Upload-Offset": String(offset),
            "Upload-Complete": flag(isLast),
        },
        stalledAfterMs: isLast ? completionMs : pieceMs,
    });
    return isLast ? outcome(answer) : { offset: offsetIn(answer) };
}

/** Gives an upload up, with what arrived of it. */
export async function removeUpload(client, id, signal) {
    await exchange(client, { method: "DELETE", path: `/uploads/${id}`, stalledAfterMs: quickMs, signal });
}

/** Whether the receipt names these bytes: the size always, the digest where it is known. */
export function receiptMatches(receipt, size, digest) {
    return receipt.size === size && (digest === null || String(receipt.sha256).toLowerCase() === digest.hex);
}
