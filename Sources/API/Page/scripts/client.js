// Requests to the HTTP API: cookies, CSRF, one refresh after a 401, problems as errors, and a time limit on each.

import { Problem } from "./problem.js";
import { createSession, csrfToken } from "./session.js";

export const apiBase = "/api/v1";
const timeLimitMs = 30_000;

/** Path and query below the API's base. Empty values are left out. */
export function apiURL(path, query = {}) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== null && value !== "") parameters.append(name, value);
    }
    const text = parameters.toString();
    return `${apiBase}${path}${text ? `?${text}` : ""}`;
}

/** The headers that every request of the page carries. */
export function sessionHeaders(method) {
    const headers = { "X-VoiceNote-Session": "cookie", Accept: "application/json, application/problem+json" };
    const token = csrfToken();
    if (token && method !== "GET" && method !== "HEAD") headers["X-CSRF-Token"] = token;
    return headers;
}

async function once(method, path, { query, json, headers = {}, binary = false, signal }) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeLimitMs);
    const forward = () => limit.abort();
    signal?.addEventListener("abort", forward);
    if (signal?.aborted) limit.abort();
    try {
        const answer = await fetch(apiURL(path, query), {
            method,
            headers: {
                ...sessionHeaders(method),
                ...(json === undefined ? {} : { "Content-Type": "application/json" }),
                ...headers,
            },
            body: json === undefined ? undefined : JSON.stringify(json),
            credentials: "same-origin",
            cache: binary ? "default" : "no-store",
            signal: limit.signal,
        });
        if (!answer.ok) {
            throw Problem.from(answer.status, await answer.text(), (name) => answer.headers.get(name));
        }
        if (binary) return await answer.arrayBuffer();
        return answer.status === 204 ? null : await answer.json();
    } catch (error) {
        if (error instanceof Problem) throw error;
        throw signal?.aborted ? Problem.cancelled() : Problem.unanswered();
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", forward);
    }
}

/** `onSignedOut` is called when the session has ended and only signing in again helps. */
export function createClient({ onSignedOut }) {
    const session = createSession(() => once("POST", "/auth/refresh", {}));

    /** Runs `attempt`; after a 401 refreshes once (shared by all requests) and runs it again. */
    async function withSession(attempt) {
        const startedAt = Date.now();
        try {
            return await attempt();
        } catch (problem) {
            if (problem.status !== 401) throw problem;
        }
        let refreshed = false;
        try {
            await session.refresh(startedAt);
            refreshed = true;
            return await attempt();
        } catch (problem) {
            if (problem.status === 401 || (!refreshed && problem.status === 403)) onSignedOut();
            throw problem;
        }
    }

    async function enter(path, json) {
        const document = await once("POST", path, { json });
        session.began(document);
        return document.account;
    }

    return {
        withSession,
        ensureFresh: session.ensureFresh,
        get: (path, options = {}) => withSession(() => once("GET", path, options)),
        send: (method, path, options = {}) => withSession(() => once(method, path, options)),
        setup: () => once("GET", "/setup", {}),
        signIn: (json) => enter("/auth/login", json),
        register: (json) => enter("/auth/register", json),
        signOut: () => once("POST", "/auth/logout", {}),
        mayHaveSession: () => csrfToken() !== null,
    };
}
