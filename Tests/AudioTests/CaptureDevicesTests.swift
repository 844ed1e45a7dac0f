import Testing

@testable import Audio
@testable import Core

/// Which microphone somebody means, and which formats there are.
@Suite struct CaptureDevicesTests {
    private static let devices = [
        CaptureDevice(backend: .pulse, name: "alsa_input.usb-Rode", description: "Rode NT-USB", isDefault: false),
        CaptureDevice(backend: .pulse, name: "alsa_input.pci", description: "Built-in Audio", isDefault: true),
        CaptureDevice(backend: .pulse, name: "alsa_input.pci.2", description: "Dock", isDefault: false),
    ]

    @Test("a device is meant by its name, or by what no other has in name or description")
    func match() throws {
        let meant = [
            "default": "alsa_input.pci", "alsa_input.pci": "alsa_input.pci", "rode": "alsa_input.usb-Rode",
            "DOCK": "alsa_input.pci.2", "built-in": "alsa_input.pci",
        ]
        for (text, name) in meant {
            #expect(try CaptureDevices.match(text, among: Self.devices, of: .pulse).name == name)
        }
        #expect(try CaptureDevices.match(nil, among: Self.devices, of: .pulse).name == "alsa_input.pci")
    }

    @Test("what no device, or more than one, is called is refused with a reason")
    func mismatch() {
        #expect(throws: CaptureError.unknownDevice("banjo", .pulse)) {
            _ = try CaptureDevices.match("banjo", among: Self.devices, of: .pulse)
        }
        #expect(throws: CaptureError.ambiguousDevice("alsa", Self.devices.map(\.name))) {
            _ = try CaptureDevices.match("alsa", among: Self.devices, of: .pulse)
        }
        #expect(CaptureError.unknownDevice("banjo", .pulse).description.contains("--list-devices"))
    }

    @Test("without a default, the sound system chooses")
    func noDefault() throws {
        #expect(try CaptureDevices.match(nil, among: [], of: .alsa).name == "default")
    }

    @Test("a missing library is one line that names the package")
    func missingLibrary() {
        #expect(throws: CaptureError.libraryMissing(name: "libavdevice.so.0")) {
            _ = try CaptureLibrary(fileName: "libavdevice.so.0")
        }
        let line = CaptureError.libraryMissing(name: CaptureLibrary.fileName).description
        #expect(line.contains("apt-get install libavdevice") && !line.contains("\n"))
    }

    @Test("each preset has a sensible format")
    func presets() throws {
        let formats: [RecordingPreset: RecordingFormat] = [
            .voice: try RecordingFormat(codec: .opus, rate: 48_000, channels: 1, bitRate: 32_000),
            .interview: try RecordingFormat(codec: .flac, rate: 48_000, channels: 2),
            .music: try RecordingFormat(codec: .flac, rate: 48_000, channels: 2, bits: 24),
            .custom: try RecordingFormat(codec: .wav, rate: 48_000, channels: 2),
        ]
        for preset in RecordingPreset.allCases { #expect(try preset.format() == formats[preset]) }
    }

    @Test("every value of a preset can be replaced, and the others stay")
    func replaced() throws {
        let wanted = try RecordingFormat(codec: .wav, rate: 96_000, channels: 1, bits: 24)
        #expect(try RecordingPreset.music.format(codec: .wav, rate: 96_000, channels: 1) == wanted)
        #expect(try RecordingPreset.voice.format(bitRate: 64_000).bitRate == 64_000)
        #expect(try RecordingPreset.music.format(codec: .opus).bits == 16)
    }

    @Test("values that do not fit together are refused in words")
    func misfits() {
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.voice.format(rate: 44_100) }
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.voice.format(channels: 3) }
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.music.format(bitRate: 64_000) }
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.voice.format(bitRate: 5_999) }
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.custom.format(rate: 7_999) }
        #expect(throws: InvalidValue.self) { _ = try RecordingPreset.custom.format(channels: 9) }
    }
}
