// Numbers and times as people read them.

/** 0:05, 12:34, 1:02:03. */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 00:42, 1:02:03: a place in a recording, with two digits for the minutes so that it keeps its width. */
export function timeCode(seconds) {
    return clock(seconds).padStart(5, "0");
}

/** The same in words, for those who listen to the page: "1 minute 5 seconds". */
export function spokenTime(seconds) {
    const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
    const parts = [[Math.floor(whole / 3600), "hour"], [Math.floor((whole % 3600) / 60), "minute"],
        [whole % 60, "second"]];
    const said = parts.filter(([count]) => count > 0).map(([count, unit]) => countOf(count, unit));
    return said.length > 0 ? said.join(" ") : "0 seconds";
}

/** Decimal units, as disks and networks are sold: 27 kB, 4.2 MB. */
export function byteCount(bytes) {
    if (!Number.isFinite(bytes)) return "unknown";
    let value = bytes;
    let unit = "B";
    for (const next of ["kB", "MB", "GB", "TB"]) {
        if (value < 1000) break;
        value /= 1000;
        unit = next;
    }
    return `${unit === "B" || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

export function percent(fraction) {
    return `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}

export function countOf(count, one, many = `${one}s`) {
    return `${wholeCount(count)} ${count === 1 ? one : many}`;
}

const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

/** Today, Yesterday, Friday 20 November, 3 May 2024. */
export function dayName(time, now = new Date()) {
    const date = new Date(time);
    const midnight = (value) => new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();
    // Rounded, because a day with a change of the clocks has 23 or 25 hours.
    const daysAgo = Math.round((midnight(now) - midnight(date)) / 86_400_000);
    if (daysAgo === 0) return "Today";
    if (daysAgo === 1) return "Yesterday";
    return date.getFullYear() === now.getFullYear() ? dayFormat.format(date) : dayWithYear.format(date);
}

export function timeOfDay(time) {
    return timeFormat.format(new Date(time));
}

export function fullTime(time) {
    return fullFormat.format(new Date(time));
}

const shortFormat = new Intl.DateTimeFormat(undefined, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

/** Nov 21, 08:05: for the title of a recording. */
export function shortTime(time) {
    return shortFormat.format(new Date(time));
}

/** 2026-11-21 at 08.05.09, in local time and fit for a file name. */
export function fileStamp(date) {
    const two = (value) => String(value).padStart(2, "0");
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
        + ` at ${two(date.getHours())}.${two(date.getMinutes())}.${two(date.getSeconds())}`;
}

const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const relativeUnits = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** 3 minutes ago, yesterday, in 2 hours, just now: for the middle of a sentence. */
export function relativeTime(time, now = Date.now()) {
    const seconds = (new Date(time).getTime() - now) / 1000;
    const fit = relativeUnits.find(([, length]) => Math.abs(seconds) >= length);
    if (!fit) return seconds > 1 ? "in less than a minute" : "just now";
    return relativeFormat.format(Math.trunc(seconds / fit[1]), fit[0]);
}

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });

/** With seconds, for the tooltip of a time that is shown as "3 minutes ago". */
export function exactTime(time) {
    return exactFormat.format(new Date(time));
}

const wholeNumber = new Intl.NumberFormat("en");

/** 1,204. */
export function wholeCount(count) {
    return wholeNumber.format(count);
}

const monthFormat = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

/** November 2026, for 2026-11. */
export function monthName(month) {
    const time = Date.parse(`${month}-01T00:00:00Z`);
    return Number.isNaN(time) ? month : monthFormat.format(time);
}
