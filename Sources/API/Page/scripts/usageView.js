// What a store was used for this month, against its budget where it has one.

import { element, setText } from "./dom.js";
import { byteCount, monthName, percent, wholeCount } from "./format.js";
import { createStatusMark } from "./statusMark.js";

const warnFrom = 0.8;

function createLine(name, format) {
    const words = element("span", { testid: `usage-${name}` });
    const bar = element("progress", {
        class: "usage-bar", max: 1, aria: { label: `This month's ${name}, of the budget` },
    });
    return {
        node: element("div", { class: "usage-line" }, words, bar),
        /** Answers how much of the budget is gone, 0 without one. */
        show(used, limit) {
            const fraction = limit > 0 ? used / limit : 0;
            bar.hidden = !(limit > 0);
            bar.value = Math.min(1, fraction);
            bar.dataset.kind = fraction >= warnFrom ? "warning" : "";
            setText(words, limit > 0 ? `${format(used)} of ${format(limit)} ${name}, ${percent(fraction)}`
                : `${format(used)} ${name}, no limit`);
            return fraction;
        },
    };
}

export function createUsageView() {
    const title = element("h4", { class: "store-heading" });
    const warning = createStatusMark({ testid: "usage-warning", hidden: true });
    const requests = createLine("requests", wholeCount);
    const downloads = createLine("downloaded", byteCount);
    return {
        node: element("div", { class: "store-usage" }, title, warning.node, requests.node, downloads.node),
        show(usage) {
            setText(title, usage.month ? `In ${monthName(usage.month)}` : "This month");
            const most = Math.max(requests.show(usage.requests ?? 0, usage.requestLimit ?? 0),
                downloads.show(usage.egressBytes ?? 0, usage.egressLimit ?? 0));
            warning.node.hidden = !usage.warning;
            if (usage.warning) {
                if (most >= 1) warning.show("bad", "The budget is used up");
                else warning.show("warning", "The budget is nearly used up");
            }
        },
    };
}
