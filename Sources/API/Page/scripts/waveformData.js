// The server's peaks: the binary waveform format of BBC audiowaveform (versions 1 and 2, little-endian), which zoom
// to ask for, and reducing the peaks to as many bars as there is room for.

const finestSamplesPerPixel = 256;
const coarsestSamplesPerPixel = 1_048_576;
const mostChannels = 24;

/**
 * Reads a .dat file. Answers `{sampleRate, samplesPerPixel, length, low, high}`, with the peaks of all channels taken
 * together as fractions of full scale (-1 to 1). Throws a RangeError on anything that is not such a file.
 */
export function parseWaveform(buffer) {
    const view = new DataView(buffer);
    if (view.byteLength < 20) throw new RangeError("The waveform is shorter than its header.");
    const version = view.getInt32(0, true);
    if (version !== 1 && version !== 2) throw new RangeError(`Waveform version ${version} is not known.`);
    const start = version === 2 ? 24 : 20;
    if (view.byteLength < start) throw new RangeError("The waveform is shorter than its header.");
    const bytesPerValue = (view.getUint32(4, true) & 1) === 1 ? 1 : 2;
    const sampleRate = view.getInt32(8, true);
    const samplesPerPixel = view.getInt32(12, true);
    const length = view.getUint32(16, true);
    const channels = version === 2 ? view.getInt32(20, true) : 1;
    if (channels < 1 || channels > mostChannels) throw new RangeError(`A waveform of ${channels} channels.`);
    if (sampleRate < 1 || samplesPerPixel < 1) throw new RangeError("The waveform has no time scale.");
    if (length * channels * 2 * bytesPerValue > view.byteLength - start) {
        throw new RangeError("The waveform is shorter than its header says.");
    }
    const fullScale = bytesPerValue === 1 ? 128 : 32_768;
    const read = bytesPerValue === 1
        ? (index) => view.getInt8(start + index)
        : (index) => view.getInt16(start + 2 * index, true);
    const low = new Float32Array(length);
    const high = new Float32Array(length);
    for (let pixel = 0, index = 0; pixel < length; pixel += 1) {
        let lowest = fullScale;
        let highest = -fullScale;
        for (let channel = 0; channel < channels; channel += 1, index += 2) {
            lowest = Math.min(lowest, read(index));
            highest = Math.max(highest, read(index + 1));
        }
        low[pixel] = lowest / fullScale;
        high[pixel] = highest / fullScale;
    }
    return { sampleRate, samplesPerPixel, length, low, high };
}

/** The coarsest zoom (samples per pixel, 256 × a power of two) that still has a peak for each of `bars`. */
export function zoomFor(durationMs, sampleRate, bars) {
    const samplesPerBar = (durationMs / 1000) * sampleRate / Math.max(1, bars);
    let zoom = finestSamplesPerPixel;
    while (zoom * 2 <= samplesPerBar && zoom < coarsestSamplesPerPixel) zoom *= 2;
    return zoom;
}

/**
 * `count` bars over the whole length: the extremes of the peaks that fall into each, scaled so that the loudest fills
 * the height. Very quiet recordings are raised by at most 26 dB, so that silence stays flat.
 */
export function barsOf(waveform, count) {
    let loudest = 0.05;
    for (let index = 0; index < waveform.length; index += 1) {
        loudest = Math.max(loudest, -waveform.low[index], waveform.high[index]);
    }
    const bars = [];
    for (let bar = 0; bar < count; bar += 1) {
        const from = Math.floor((bar * waveform.length) / count);
        const to = Math.min(waveform.length, Math.max(from + 1, Math.floor(((bar + 1) * waveform.length) / count)));
        let low = 0;
        let high = 0;
        for (let index = from; index < to; index += 1) {
            low = Math.min(low, waveform.low[index]);
            high = Math.max(high, waveform.high[index]);
        }
        bars.push({ low: low / loudest, high: high / loudest });
    }
    return bars;
}

/** Fetches and reads the peaks for a note, or null while the server has none (409 `not_ready`). */
export async function fetchWaveform(client, note, bars, signal) {
    const { durationMs, sampleRate } = note.recording ?? {};
    try {
        const buffer = await client.get(`/notes/${note.id}/waveform`, {
            query: { zoom: zoomFor(durationMs ?? 0, sampleRate ?? 48_000, bars), format: "dat" }, binary: true, signal,
        });
        return parseWaveform(buffer);
    } catch (problem) {
        if (problem.code === "not_ready") return null;
        throw problem;
    }
}
