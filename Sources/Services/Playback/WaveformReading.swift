import Blobs
public import Core

/// A stored waveform in any of its zooms.
public struct WaveformReading: Sendable {
    /// No more values go into one JSON answer; a coarser zoom has fewer.
    public static let mostJSONValues = 4_000_000

    private let file: OpenFile
    private let store: LocalStore

    init(file: OpenFile, store: LocalStore) {
        self.file = file
        self.store = store
    }

    /// The waveform at the zoom, as a `.dat` file. Memory is that of the result.
    public func dat(_ zoom: WaveformZoom) async throws -> [UInt8] {
        try await store.blocking { [file] in try Self.read(file, zoom) }
    }

    /// The waveform at the zoom, as audiowaveform's JSON.
    public func json(_ zoom: WaveformZoom) async throws -> [UInt8] {
        try await store.blocking { [file] in
            let dat = try Self.read(file, zoom)
            guard dat.count <= Self.mostJSONValues else {
                throw VoiceNoteError(
                    .validationFailed, "Please correct: zoom.",
                    fields: [FieldError(field: "zoom", message: "Too many points for JSON; choose a coarser zoom.")])
            }
            return try WaveformFormat.json(dat)
        }
    }

    private static func read(_ file: OpenFile, _ zoom: WaveformZoom) throws -> [UInt8] {
        let size = try file.status().size
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        func next(at offset: Int64) throws -> ArraySlice<UInt8> {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            return buffer[..<count]
        }
        var piece = try next(at: 0)
        let header = try WaveformHeader(decoding: piece, fileByteCount: size)
        var reducer = try WaveformReducer(source: header, factor: zoom.factor)
        var output = reducer.header.encoded()
        output.reserveCapacity(Int(reducer.header.fileByteCount))
        var offset = Int64(piece.count)
        piece = piece.dropFirst(header.dataOffset)
        while !piece.isEmpty {
            if zoom.factor == 1 { output += piece } else { reducer.reduce(piece, into: &output) }
            piece = try next(at: offset)
            offset += Int64(piece.count)
        }
        if zoom.factor > 1 { reducer.finish(into: &output) }
        return output
    }
}
