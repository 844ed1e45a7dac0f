// What is said where no store is configured: what that means, and how to have one in a few minutes.

import { element } from "./dom.js";

const variables = ["CLOUD_NAME", "API_KEY", "API_SECRET"].map((name) => `VOICENOTE_STORES_CLOUDINARY_${name}`);

export function createNoStores() {
    return element("div", { class: "no-stores", testid: "no-stores" },
        element("p", { class: "no-stores-title", textContent: "Every recording is on this server, and nowhere else." }),
        element("p", {}, "A store keeps a second copy of each: Cloudinary, anything that speaks S3, or a mounted disk."
            + " For Cloudinary three variables are enough; set them and start the server again:"),
        element("pre", { tabIndex: 0, aria: { label: "The three variables" } },
            element("code", { textContent: variables.map((name) => `${name}=…`).join("\n") })),
        element("p", {}, "How to set up S3 or a disk, and what happens when a store fails, stands in ",
            element("code", { textContent: "docs/storage.md" }), "."));
}
