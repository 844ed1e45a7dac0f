/// One key that a person may set: its name in `voicenote.yaml`, what it is for, and how its text becomes a setting.
///
/// The table of all keys is the only list there is: loading, the check for unknown keys, `doctor` and the
/// documentation read it.
public struct SettingKey: Sendable {
    /// The dotted name, such as `server.port`.
    public let name: String
    public let about: String
    /// Whether `doctor` must not show it.
    public let isSecret: Bool
    let write: @Sendable (inout Settings, String) throws(InvalidValue) -> Void
    let read: @Sendable (Settings) -> String

    init(
        _ name: String, _ about: String, secret: Bool = false,
        write: @escaping @Sendable (inout Settings, String) throws(InvalidValue) -> Void,
        read: @escaping @Sendable (Settings) -> String
    ) {
        self.name = name
        self.about = about
        isSecret = secret
        self.write = write
        self.read = read
    }

    /// The environment variable, such as `VOICENOTE_SERVER_PORT` or `VOICENOTE_LIMITS_LARGEST_FILE_MB`.
    public var variable: String {
        "VOICENOTE_" + name.split(separator: ".").map { Self.words(of: String($0)) }.joined(separator: "_")
    }

    /// Sets the value from its text.
    public func set(_ text: String, in settings: inout Settings) throws(InvalidValue) {
        try write(&settings, text)
    }

    /// The effective value as text.
    public func text(in settings: Settings) -> String {
        read(settings)
    }

    /// `largestFileMB` becomes `LARGEST_FILE_MB`.
    private static func words(of name: String) -> String {
        var result = ""
        var previousIsLower = false
        for character in name {
            if character.isUppercase, previousIsLower { result.append("_") }
            previousIsLower = character.isLowercase || character.isNumber
            result += character.uppercased()
        }
        return result
    }
}
