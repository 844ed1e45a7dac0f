// Building elements. Everything the page shows goes through here and ends in properties and text nodes: nothing that
// came from a person or from the server is ever parsed as HTML.

/**
 * Makes an element. `dataset`, `aria` and `on` take objects; `testid` is the hook for browser tests; other keys are
 * set as properties where the element has them and as attributes where it does not. Children may be nodes, text,
 * or null (left out).
 */
export function element(tag, options = {}, ...children) {
    const node = document.createElement(tag);
    const { dataset = {}, aria = {}, on = {}, testid, class: className, ...rest } = options;
    if (className) node.className = className;
    if (testid) node.dataset.testid = testid;
    Object.assign(node.dataset, dataset);
    for (const [name, value] of Object.entries(aria)) node.setAttribute(`aria-${name}`, String(value));
    for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
    for (const [name, value] of Object.entries(rest)) {
        if (value === undefined || value === null) continue;
        if (name in node) node[name] = value;
        else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

/** Text is only written when it changed, so that live regions and layout are left in peace. */
export function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

/** The same for an attribute; `null` removes it. */
export function setAttribute(node, name, value) {
    if (value === null) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/** Puts `wanted` (nodes, in order) into `parent`, moving and removing only what has to be. */
export function arrange(parent, wanted) {
    let place = parent.firstChild;
    for (const node of wanted) {
        // One that went further down is taken out, and comes in again at its turn: the others need not move.
        if (place !== null && node === place.nextSibling) {
            place.remove();
            place = node;
        }
        if (node === place) place = place.nextSibling;
        else parent.insertBefore(node, place);
    }
    while (place) {
        const next = place.nextSibling;
        place.remove();
        place = next;
    }
}

/** Calls `work` once things have been quiet for `delayMs`. */
export function debounced(delayMs, work) {
    let timer = 0;
    return (...values) => {
        clearTimeout(timer);
        timer = setTimeout(() => work(...values), delayMs);
    };
}

/** Calls `work` at most once a frame; in a hidden tab, where frames stop, after a quarter of a second. */
export function oncePerFrame(work) {
    let waiting = false;
    return () => {
        if (waiting) return;
        waiting = true;
        const run = () => {
            waiting = false;
            work();
        };
        if (document.hidden) setTimeout(run, 250);
        else requestAnimationFrame(run);
    };
}
