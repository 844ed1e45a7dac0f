// The icons, drawn as strokes on a grid of 24, and the buttons that carry them.

import { element } from "./dom.js";

const strokes = {
    archive: "M4 7h16M5 7v12h14V7M4 7l2-3h12l2 3M10 12h4",
    back: "M15 5l-7 7 7 7",
    check: "M5 12.5l4.5 4.5L19 7.5",
    clock: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2",
    close: "M6 6l12 12M18 6L6 18",
    cloud: "M7 18.5a4 4 0 0 1-.6-7.95 5.5 5.5 0 0 1 10.7-1.2A4.6 4.6 0 0 1 17 18.5z",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    crossfade: "M3 19C10 19 14 5 21 5M3 5c7 0 11 14 18 14",
    cross: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM9 9l6 6M15 9l-6 6",
    cut: "M8 8l12 9M8 16l12-9M6 4a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5zM6 15a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5z",
    dash: "M6 12h12",
    download: "M12 4v11M7 11l5 5 5-5M5 20h14",
    edit: "M4 20l1-4L16 5l3 3L8 19zM13.5 7.5l3 3",
    fade: "M4 19L20 5v14z",
    fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    folder: "M3 6h6l2 2h10v11H3z",
    forward: "M4 6l7 6-7 6zM12 6l7 6-7 6z",
    level: "M4 18h16M4 6h16M8 14v-4M12 15V9M16 13v-2",
    link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
    microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
    noise: "M3 12h2l1.5-3 2 6 2-8 2 10 2-7 2 4 1-2H21",
    pause: "M8 5v14M16 5v14",
    pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3-1-6zM12 15v6",
    play: "M7 4.5v15l12-7.5z",
    quiet: "M4 10v4h3l5 4V6L7 10zM16 9.5l5 5M21 9.5l-5 5",
    redo: "M19 9H9a5 5 0 0 0 0 10h6M15 5l4 4-4 4",
    restore: "M5 12a7 7 0 1 0 2.2-5.1M4 4v4h4",
    retry: "M19 12a7 7 0 1 1-2.2-5.1M20 4v4h-4",
    rewind: "M20 6l-7 6 7 6zM12 6l-7 6 7 6z",
    selected: "M5 5v14M19 5v14M9 12h6M9 12l2-2M9 12l2 2M15 12l-2-2M15 12l-2 2",
    split: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4",
    stop: "M6.5 6.5h11v11h-11z",
    trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
    trim: "M7 4v16M17 4v16M3 12h4M17 12h4M10 12h4",
    undo: "M5 9h10a5 5 0 0 1 0 10H9M9 5L5 9l4 4",
    upload: "M12 16V5M7 9l5-5 5 5M5 20h14",
    verify: "M11 5a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM15.5 15.5L20 20M8.5 11l2 2 3.5-3.5",
    volume: "M4 10v4h3l5 4V6L7 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
    warning: "M12 4l9 16H3zM12 10v4.5M12 17.3v.2",
    zoomIn: "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20M10.5 7.5v6M7.5 10.5h6",
    zoomOut: "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20M7.5 10.5h6",
};

const filled = new Set(["play", "stop", "forward", "rewind"]);

/** An icon for the eye only: the words stand beside it or in the button's label. */
export function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("class", filled.has(name) ? "icon filled" : "icon");
    picture.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", strokes[name]);
    picture.append(path);
    return picture;
}

/** A button with an icon and words; with `iconOnly` the words become its label and its tooltip. */
export function iconButton(name, words, { iconOnly = false, class: extra = "", ...options } = {}) {
    const button = element("button", { type: "button", class: `button ${extra}`.trim(), ...options }, icon(name));
    if (iconOnly) {
        button.classList.add("icon-only");
        button.setAttribute("aria-label", words);
        button.title = words;
    } else {
        button.append(element("span", { textContent: words }));
    }
    return button;
}

/** Swaps icon and words of a button made by `iconButton`. */
export function dressButton(button, name, words) {
    if (button.dataset.dress === `${name} ${words}`) return;
    button.dataset.dress = `${name} ${words}`;
    button.querySelector("svg").replaceWith(icon(name));
    const text = button.querySelector("span");
    if (text) {
        text.textContent = words;
    } else {
        button.setAttribute("aria-label", words);
        button.title = words;
    }
}
