// Places in an edit as people write them, and as samples. Nothing here knows about the page.

/** 1:02.500, 1:00:02.000: samples as time, in milliseconds and, where those do not hit the sample, in microseconds. */
export function timeText(samples, rate) {
    const exact = exactText(samples, rate, 3);
    return parseTime(exact, rate) === samples ? exact : exactText(samples, rate, 6).replace(/0{1,3}$/, "");
}

/** The same in whole milliseconds, for the eye. */
export function shortText(samples, rate) {
    return exactText(samples, rate, 3);
}

function exactText(samples, rate, digits) {
    const unit = 10 ** digits;
    // Whole seconds and the rest apart, so that no product comes near the end of what a number holds exactly.
    let seconds = Math.floor(samples / rate);
    let rest = Math.round(((samples - seconds * rate) * unit) / rate);
    if (rest === unit) {
        seconds += 1;
        rest = 0;
    }
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const tail = `${String(seconds % 60).padStart(2, "0")}.${String(rest).padStart(digits, "0")}`;
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/**
 * Samples for "1:02.5", "62.5", "62,5", "1:00:02", or "#2976" (the number of the sample itself). Null for what is no
 * time.
 */
export function parseTime(text, rate) {
    const wanted = text.trim().replace(",", ".");
    if (/^#\d{1,15}$/.test(wanted)) return Number(wanted.slice(1));
    const found = /^(?:(?:(\d{1,4}):)?(\d{1,5}):)?(\d{0,7})(?:\.(\d{0,9}))?\s*s?$/.exec(wanted);
    if (!found || !(found[3] || found[4])) return null;
    const [, hours, minutes, seconds, fraction] = found;
    const whole = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds || 0);
    return whole * rate + Math.round(Number(`0.${fraction || 0}`) * rate);
}

/** Samples for so many seconds, at least none. */
export function samplesOf(seconds, rate) {
    return Math.max(0, Math.round(seconds * rate));
}

/** "1.5" as 1.5, "−3,2" as −3.2; null for what is no number or outside the bounds. */
export function parseNumber(text, lowest, highest) {
    const wanted = String(text).trim().replace(",", ".").replace("−", "-");
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(wanted)) return null;
    const value = Number(wanted);
    return value >= lowest && value <= highest ? value : null;
}
