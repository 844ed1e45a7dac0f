// What can go wrong between the page and the server, as one kind of error: RFC 9457 problems, and silence.

export class Problem extends Error {
    constructor({
        status = 0, code = "unknown", detail, title, requestId = null, errors = [], retryAfterSeconds = null,
    }) {
        super(detail || title || "The server refused and did not say why.");
        this.name = "Problem";
        Object.assign(this, { status, code, requestId, errors, retryAfterSeconds });
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
        const wait = Number.parseInt(header("Retry-After") ?? "", 10);
        return new Problem({
            status,
            code: typeof body.code === "string" ? body.code : `http_${status}`,
            detail: typeof body.detail === "string" ? body.detail : undefined,
            title: typeof body.title === "string" ? body.title : `The server answered with status ${status}.`,
            requestId: typeof body.requestId === "string" ? body.requestId : header("X-Request-Id"),
            errors: Array.isArray(body.errors) ? body.errors : [],
            retryAfterSeconds: Number.isFinite(wait) ? wait : null,
        });
    }
}
