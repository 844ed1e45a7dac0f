// One request of an upload: XMLHttpRequest, because fetch does not tell how much of a body was sent.

import { apiURL, sessionHeaders } from "./client.js";
import { Problem } from "./problem.js";

function once({ method, path, query, headers = {}, body = null, stalledAfterMs, onProgress = () => {}, signal }) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(Problem.cancelled());
            return;
        }
        const request = new XMLHttpRequest();
        let timer = 0;
        const end = () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", cancel);
        };
        const fail = (problem) => {
            end();
            request.onload = null;
            request.onerror = null;
            request.abort();
            reject(problem);
        };
        const cancel = () => fail(Problem.cancelled());
        // Nothing moved for this long: the connection is dead, though nobody said so.
        const watch = () => {
            clearTimeout(timer);
            timer = setTimeout(() => fail(Problem.unanswered()), stalledAfterMs);
        };
        const header = (name) => request.getResponseHeader(name);
        request.open(method, apiURL(path, query));
        for (const [name, value] of Object.entries({ ...sessionHeaders(method), ...headers })) {
            request.setRequestHeader(name, value);
        }
        request.upload.onprogress = (event) => {
            watch();
            onProgress(event.loaded);
        };
        request.onerror = () => fail(Problem.unanswered());
        request.onload = () => {
            end();
            if (request.status < 200 || request.status > 299) {
                reject(Problem.from(request.status, request.responseText, header));
                return;
            }
            let document = null;
            try {
                document = JSON.parse(request.responseText);
            } catch {
                // Most answers of an upload have no body; who needs one sees that it is missing.
            }
            resolve({ status: request.status, header, document });
        };
        signal?.addEventListener("abort", cancel);
        watch();
        request.send(body);
    });
}

/** Answers `{status, header(name), document}`, or throws a Problem. `onProgress` hears the bytes that left so far. */
export async function exchange(client, options) {
    await client.ensureFresh();
    return client.withSession(() => once(options));
}
