// Rows that stay: one for each key, made once and updated from then on, so that a list that is drawn anew keeps the
// focus on its buttons.

import { arrange } from "./dom.js";

/** `create(item)` makes a row `{node, update(item)}`. Answers a function that shows the items, in their order. */
export function createKeyedRows(parent, keyOf, create) {
    const rows = new Map();
    return (items) => {
        const keys = new Set(items.map(keyOf));
        for (const key of rows.keys()) {
            if (!keys.has(key)) rows.delete(key);
        }
        arrange(parent, items.map((item) => {
            const key = keyOf(item);
            if (!rows.has(key)) rows.set(key, create(item));
            const row = rows.get(key);
            row.update(item);
            return row.node;
        }));
    };
}
