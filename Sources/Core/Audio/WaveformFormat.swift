/// Whole waveform files in memory: deriving a zoom and rendering JSON. An hour of speech at the base zoom is 450 KB.
public enum WaveformFormat {
    /// The media type of the binary file.
    public static let mimeType = "application/octet-stream"

    /// Derives a zoom from a whole file of the base zoom.
    ///
    /// - Throws: `WaveformError` where the file is not a waveform, or is not at the base zoom.
    public static func zoomed(_ file: [UInt8], to zoom: WaveformZoom) throws(WaveformError) -> [UInt8] {
        let source = try WaveformHeader(decoding: file, fileByteCount: Int64(file.count))
        guard Int(source.samplesPerPixel) == WaveformZoom.base.samplesPerPixel else {
            throw .unsupportedZoom(samplesPerPixel: Int(source.samplesPerPixel))
        }
        if zoom == .base { return file }
        var reducer = try WaveformReducer(source: source, factor: zoom.factor)
        var output = reducer.header.encoded()
        output.reserveCapacity(Int(reducer.header.fileByteCount))
        reducer.reduce(file[source.dataOffset...], into: &output)
        reducer.finish(into: &output)
        return output
    }

    /// Renders a file as JSON in the format's order of keys: `version, channels, sample_rate, samples_per_pixel, bits,
    /// length, data`, the data as one flat list of integers.
    ///
    /// - Throws: `WaveformError` where the file is not a waveform.
    public static func json(_ file: [UInt8]) throws(WaveformError) -> [UInt8] {
        let header = try WaveformHeader(decoding: file, fileByteCount: Int64(file.count))
        let start =
            "{\"version\":\(header.version),\"channels\":\(header.channels),\"sample_rate\":\(header.sampleRate),"
            + "\"samples_per_pixel\":\(header.samplesPerPixel),\"bits\":\(header.sampleWidth.rawValue),"
            + "\"length\":\(header.length),\"data\":["
        var output = Array(start.utf8)
        output.reserveCapacity(output.count + (file.count - header.dataOffset) * 5 + 2)
        let width = header.sampleWidth.bytes
        var index = header.dataOffset
        while index < file.count {
            if index > header.dataOffset { output.append(UInt8(ascii: ",")) }
            let value =
                width == 1
                ? Int(Int8(bitPattern: file[index]))
                : Int(Int16(bitPattern: UInt16(file[index]) | UInt16(file[index + 1]) << 8))
            appendDecimal(value, to: &output)
            index += width
        }
        output.append(contentsOf: "]}".utf8)
        return output
    }

    /// Without making a string for each of the many small numbers.
    private static func appendDecimal(_ value: Int, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        var divisor: UInt = 1
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(magnitude / divisor % 10))
            divisor /= 10
        }
    }
}
