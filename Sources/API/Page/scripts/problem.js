// What can go wrong between the page and the server, as one kind of error: RFC 9457 problems, and silence.

const passingStatuses = new Set([408, 425, 500, 502, 503, 504]);

function integer(text) {
    const value = Number.parseInt(text ?? "", 10);
    return Number.isFinite(value) ? value : null;
}

export class Problem extends Error {
    constructor({
        status = 0, code = "unknown", detail, title, requestId = null, errors = [], retryAfterSeconds = null,
        uploadOffset = null, isCompletedUpload = false, document = null,
    }) {
        super(detail || title || "The server refused and did not say why.");
        this.name = "Problem";
        Object.assign(this, {
            status, code, requestId, errors, retryAfterSeconds, uploadOffset, isCompletedUpload, document,
        });
    }

    /** Whether the same request may succeed a little later without anybody doing something about it. */
    get isPassing() {
        return this.code === "network" || passingStatuses.has(this.status);
    }

    /** Nobody answered: whether the server did what was asked is not known. */
    static unanswered() {
        return new Problem({
            code: "network",
            detail: "The server did not answer. Check the connection, then try again.",
        });
    }

    static cancelled() {
        return new Problem({ code: "cancelled", detail: "Cancelled." });
    }

    /** Reads an answer's body; an answer that is no problem document (a proxy's page) is described by its status. */
    static from(status, text, header) {
        let body = {};
        try {
            const parsed = JSON.parse(text);
            if (parsed && typeof parsed === "object") body = parsed;
        } catch {
            body = {};
        }
        return new Problem({
            status,
            code: typeof body.code === "string" ? body.code : `http_${status}`,
            detail: typeof body.detail === "string" ? body.detail : undefined,
            title: typeof body.title === "string" ? body.title : `The server answered with status ${status}.`,
            requestId: typeof body.requestId === "string" ? body.requestId : header("X-Request-Id"),
            errors: Array.isArray(body.errors) ? body.errors : [],
            retryAfterSeconds: integer(header("Retry-After")),
            uploadOffset: integer(header("Upload-Offset")),
            isCompletedUpload: String(body.type).endsWith("#completed-upload"),
            // What only some problems have beside that, such as both sides of a conflict.
            document: body,
        });
    }
}
