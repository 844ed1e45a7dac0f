/// Lists microphones and chooses among them. The calls ask the sound system, and block: make them on a thread that may.
public enum CaptureDevices {
    /// What can be recorded from, in the order of the sound system.
    /// - Throws: ``CaptureError/libraryMissing(name:)``, ``CaptureError/backendMissing(_:)`` and
    ///   ``CaptureError/noAnswer(_:)``.
    public static func list(_ backend: CaptureBackend) throws(CaptureError) -> [CaptureDevice] {
        try CaptureLibrary().devices(of: backend)
    }

    /// The device that somebody means.
    ///
    /// - Parameters:
    ///   - text: the whole name, or a part of name or description that no other device has; nil for the default.
    ///   - backend: where to look; nil for PulseAudio where it answers, else ALSA.
    /// - Throws: ``CaptureError``.
    public static func choose(_ text: String?, in backend: CaptureBackend?) throws(CaptureError) -> CaptureDevice {
        // Without the library there is nothing to look in: that is said before anything else.
        let library = try CaptureLibrary()
        if let text, backend == .alsa, isCard(text) { return card(text) }
        if let backend { return try match(text, among: library.devices(of: backend), of: backend) }
        guard let heard = try? library.devices(of: .pulse) else {
            if let text, isCard(text) { return card(text) }
            return try match(text, among: library.devices(of: .alsa), of: .alsa)
        }
        do throws(CaptureError) {
            return try match(text, among: heard, of: .pulse)
        } catch {
            // What PulseAudio does not know may be one of ALSA's.
            guard case .unknownDevice(let name, _) = error else { throw error }
            if isCard(name) { return card(name) }
            guard let devices = try? library.devices(of: .alsa),
                let found = try? match(name, among: devices, of: .alsa)
            else { throw error }
            return found
        }
    }

    /// The device among those listed that the text means.
    static func match(
        _ text: String?, among devices: [CaptureDevice], of backend: CaptureBackend
    ) throws(CaptureError) -> CaptureDevice {
        guard let text, text != "default" else {
            return devices.first(where: \.isDefault) ?? .chosen(by: backend)
        }
        if let exact = devices.first(where: { $0.name == text }) { return exact }
        let wanted = text.lowercased()
        let similar = devices.filter {
            $0.name.lowercased().contains(wanted) || $0.description.lowercased().contains(wanted)
        }
        guard let first = similar.first else { throw .unknownDevice(text, backend) }
        guard similar.count == 1 else { throw .ambiguousDevice(text, similar.map(\.name)) }
        return first
    }

    private static func card(_ name: String) -> CaptureDevice {
        CaptureDevice(backend: .alsa, name: name, description: name, isDefault: false)
    }

    /// Whether alsa-lib may know the name although it does not list it.
    private static func isCard(_ name: String) -> Bool {
        ["hw:", "plughw:", "dsnoop:", "sysdefault:", "front:"].contains { name.hasPrefix($0) }
    }
}
