/// The head of a WAV file whose length is known: everything before the samples. A value.
///
/// Up to 16 bits it has the plain form of 44 bytes, above the extensible one, as the format demands (Microsoft,
/// Multiple Channel Audio Data and WAVE Files). A file beyond 4 GiB is RF64 (EBU Tech 3306).
struct WAVHeader {
    let sample: RenderFormat.WAVSample
    let rate: Int
    let channels: Int
    /// Samples of one channel.
    let frames: Int64
    /// Chunks of LIST INFO.
    var texts: [(name: String, value: String)] = []

    var bytesPerSample: Int {
        switch sample {
        case .int16: 2
        case .int24: 3
        case .int32, .float32: 4
        }
    }

    /// Bytes of one sample of all channels.
    var bytesPerFrame: Int { bytesPerSample * channels }

    /// Bytes of all samples.
    var dataBytes: Int64 { frames * Int64(bytesPerFrame) }

    /// Chunks have even lengths.
    var paddingBytes: Int64 { dataBytes & 1 }

    /// The bytes before the samples.
    var bytes: [UInt8] {
        let plain = bytes(isRF64: false)
        let whole = Int64(plain.count) + dataBytes + paddingBytes
        return whole - 8 <= Int64(UInt32.max) ? plain : bytes(isRF64: true)
    }

    private func bytes(isRF64: Bool) -> [UInt8] {
        let format = formatChunk
        let list = listChunk
        let large = isRF64 ? 36 : 0
        // What stands behind the first eight bytes.
        let size = Int64(4 + large + format.count + list.count + 8) + dataBytes + paddingBytes
        var bytes = LittleEndianBytes()
        bytes.append(isRF64 ? "RF64" : "RIFF")
        bytes.append(isRF64 ? UInt32.max : UInt32(truncatingIfNeeded: size))
        bytes.append("WAVE")
        if isRF64 {
            bytes.append("ds64")
            bytes.append(UInt32(28))
            bytes.append(UInt64(size))
            bytes.append(UInt64(dataBytes))
            bytes.append(UInt64(frames))
            bytes.append(UInt32(0))
        }
        bytes.append(contentsOf: format)
        bytes.append(contentsOf: list)
        bytes.append("data")
        bytes.append(isRF64 ? UInt32.max : UInt32(truncatingIfNeeded: dataBytes))
        return bytes.bytes
    }

    private var formatChunk: [UInt8] {
        let isExtensible = bytesPerSample > 2
        let code: UInt16 = sample == .float32 ? 3 : 1
        var bytes = LittleEndianBytes()
        bytes.append("fmt ")
        bytes.append(UInt32(isExtensible ? 40 : 16))
        bytes.append(isExtensible ? 0xFFFE : code)
        bytes.append(UInt16(channels))
        bytes.append(UInt32(rate))
        bytes.append(UInt32(rate * bytesPerFrame))
        bytes.append(UInt16(bytesPerFrame))
        bytes.append(UInt16(bytesPerSample * 8))
        if isExtensible {
            bytes.append(UInt16(22))
            bytes.append(UInt16(bytesPerSample * 8))
            // In the middle, or left and right.
            bytes.append(UInt32(channels == 1 ? 4 : 3))
            bytes.append(code)
            bytes.append(contentsOf: [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71])
        }
        return bytes.bytes
    }

    private var listChunk: [UInt8] {
        guard !texts.isEmpty else { return [] }
        var items = LittleEndianBytes()
        for (name, value) in texts {
            // Texts end with a zero, and begin at even places.
            let text = Array(value.utf8) + [0]
            items.append(name)
            items.append(UInt32(text.count))
            items.append(contentsOf: text)
            if text.count & 1 == 1 { items.append(contentsOf: [0]) }
        }
        var bytes = LittleEndianBytes()
        bytes.append("LIST")
        bytes.append(UInt32(items.bytes.count + 4))
        bytes.append("INFO")
        bytes.append(contentsOf: items.bytes)
        return bytes.bytes
    }
}

/// Bytes that are put together, numbers with the lowest byte first.
struct LittleEndianBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(contentsOf more: [UInt8]) {
        bytes.append(contentsOf: more)
    }
}
