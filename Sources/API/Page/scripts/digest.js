// SHA-256 of what is sent, to hold against the server's receipt. The browser wants all bytes at once, so one file at a
// time is digested, and none above a limit.

const largestBytes = 256 * 1024 * 1024;
let previous = Promise.resolve();

/** `{hex, base64}`, or null where the browser has no crypto.subtle (plain http) or the file is too large. */
export function sha256(blob) {
    if (!globalThis.crypto?.subtle || blob.size > largestBytes) return Promise.resolve(null);
    const digest = previous.then(async () => {
        const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
        return {
            hex: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
            base64: btoa(String.fromCharCode(...bytes)),
        };
    });
    previous = digest.catch(() => {});
    return digest;
}
