/// A microphone, or whatever else a sound system lets one record from.
public struct CaptureDevice: Sendable, Hashable, Codable {
    public let backend: CaptureBackend
    /// What the sound system calls it; it stays the same, so that scripts can name it.
    public let name: String
    /// What the sound system says of it to people.
    public let description: String
    /// Whether the sound system records from it when nobody chooses.
    public let isDefault: Bool

    public init(backend: CaptureBackend, name: String, description: String, isDefault: Bool) {
        self.backend = backend
        self.name = name
        self.description = description
        self.isDefault = isDefault
    }

    /// Whatever the sound system chooses.
    public static func chosen(by backend: CaptureBackend) -> CaptureDevice {
        CaptureDevice(
            backend: backend, name: "default", description: "the default microphone of \(backend.title)",
            isDefault: true)
    }
}
